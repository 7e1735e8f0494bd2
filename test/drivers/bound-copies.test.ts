import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import type { ObjectRef } from '../../src/drivers/call.js';
import type { CopySource } from '../../src/drivers/capabilities.js';
import { checksumOf } from '../../src/drivers/digest.js';
import { ObjectDoesNotExistError, PreconditionFailedError } from '../../src/drivers/errors.js';
import { startFakeS3 } from '../fakes/s3/server.js';
import { startFakeSwift } from '../fakes/swift/server.js';
import { call, contentOf, listKeys, plain, put, rejection } from './conformance/fixture.js';
import { openFake as openFakeS3 } from './s3/open.js';
import { openFake as openFakeSwift } from './swift/open.js';

const container = 'copies';
const from = { container, key: 'from' };
const to = { container, key: 'to' };

interface Store {
  readonly backend: Backend;
  /** Does something when the next look at an object has been answered: what is copied after it is looked at is another one. */
  afterLook(what: () => void): void;
  replace(content: string): void;
  remove(): void;
  close(): Promise<void>;
}

async function openS3(): Promise<Store> {
  const fake = await startFakeS3();
  const { store } = fake.rules;
  return {
    backend: openFakeS3(fake),
    afterLook: (what) => interrupt(store, what),
    replace(content) {
      const bytes = Buffer.from(content);
      store.add(store.bucket(container), from.key, {
        bytes,
        etag: `"${checksumOf('md5', bytes).hex}"`,
        headers: {},
      });
    },
    remove: () => void store.bucket(container).objects.delete(from.key),
    close: fake.close,
  };
}

async function openSwift(): Promise<Store> {
  const fake = await startFakeSwift();
  const { store } = fake.rules;
  return {
    backend: openFakeSwift(fake),
    afterLook: (what) => interrupt(store, what),
    replace(content) {
      const stored = {
        bytes: Buffer.from(content),
        headers: {},
        modifiedMs: Date.now(),
        segments: undefined,
      };
      store.container(container).objects.set(from.key, stored);
    },
    remove: () => void store.container(container).objects.delete(from.key),
    close: fake.close,
  };
}

function interrupt<F extends (...args: never[]) => unknown>(
  store: { object: F },
  what: () => void,
): void {
  const { object } = store;
  const once = (...args: Parameters<F>) => {
    store.object = object;
    const found = object(...args);
    what();
    return found;
  };
  store.object = once as F;
}

async function inParts(backend: Backend, ref: ObjectRef, content: string): Promise<void> {
  const multipart = backend.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  await multipart.complete(
    token,
    [await multipart.uploadPart(token, 1, bytesBody(Buffer.from(content)), call)],
    call,
  );
}

describe.each([
  ['s3', openS3],
  ['swift', openSwift],
])('%s', (_, open) => {
  let store: Store;
  let backend: Backend;

  beforeEach(async () => {
    store = await open();
    ({ backend } = store);
    await backend.createContainer(container, call);
  });
  afterEach(async () => {
    await backend.close();
    await store.close();
  });

  const copy = (source: CopySource) =>
    backend.capabilities.copy!.copyObject(source, to, undefined, call);
  const expected = { md5: checksumOf('md5', Buffer.from('meant')).hex };

  test.each([
    ['that was put whole', () => put(backend, from, 'meant')],
    ['that was made of parts', () => inParts(backend, from, 'meant')],
  ])(
    'G2: an object %s is not copied when another writer has replaced it since it was seen',
    async (_what, putIt) => {
      await putIt();
      const etag = String((await backend.headObject(from, call)).extra['etag']);
      store.afterLook(() => store.replace('other'));
      expect(await rejection(copy({ ...from, expected: { ...expected, etag } }))).toBeInstanceOf(
        PreconditionFailedError,
      );
      expect(await listKeys(backend, container)).toEqual(['from']);
      await putIt();
      await put(backend, to, 'what was there');
      store.afterLook(() => store.replace('other'));
      expect(await rejection(copy({ ...from, expected: { ...expected, etag } }))).toBeInstanceOf(
        PreconditionFailedError,
      );
      expect(await contentOf(backend, to)).toBe('what was there');
    },
  );

  test('G5: an object that was deleted since it was seen is reported as missing, and its container is not', async () => {
    await put(backend, from, 'meant');
    store.afterLook(store.remove);
    expect(await rejection(copy({ ...from, expected }))).toBeInstanceOf(ObjectDoesNotExistError);
    expect(await listKeys(backend, container)).toEqual([]);
  });
});
