import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { ObjectHashMismatchError, PreconditionFailedError } from '../../src/drivers/errors.js';
import { type MemoryOptions, memoryBackend } from '../../src/drivers/memory/backend.js';
import type { Container } from '../../src/drivers/objects.js';
import { createDriver } from '../../src/drivers/storage.js';
import type { Faults } from '../fakes/faulty-backend.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { randomContent, readAll, rejection } from './conformance/fixture.js';
import { chunks, openStorage } from './storage-fixture.js';

let folder: string;
let memory: Backend;
let faults: Faults;
let container: Container;

async function open(options: MemoryOptions = {}) {
  ({ memory, faults, container } = await openStorage(options));
}

beforeEach(async () => {
  folder = createFolder();
  await open();
});
afterEach(async () => {
  faults.assertUsedUp();
  removeFolder(folder);
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const store = (name: string, content = 'content') =>
  container.uploadObjectViaStream(chunks(content), name);

describe('uploads', () => {
  test('an object says what was stored', async () => {
    const object = await container.uploadObject(await file('cat.jpg', 'meow'), 'pets/cat', {
      metaData: { Owner: 'me' },
    });
    expect(object).toMatchObject({
      name: 'pets/cat',
      size: 4,
      hash: '4a4be40c96ac6314e91d93f38043a634',
      metaData: { owner: 'me' },
    });
    expect(object.extra['contentType']).toBe('image/jpeg');
    expect((await container.getObject('pets/cat')).hash).toBe(object.hash);
  });

  test('the content type is given, or guessed from the file, or from the object, or unknown', async () => {
    const typeOf = async (fileName: string, objectName: string, contentType?: string) => {
      const options = contentType === undefined ? {} : { contentType };
      return (await container.uploadObject(await file(fileName, 'x'), objectName, options)).extra[
        'contentType'
      ];
    };
    expect(await typeOf('a.css', 'b.html', 'text/x-own')).toBe('text/x-own');
    expect(await typeOf('a.css', 'b.html')).toBe('text/css');
    expect(await typeOf('temporary', 'b.html')).toBe('text/html');
    expect(await typeOf('temporary', 'b')).toBe('application/octet-stream');
    expect((await store('page.html')).extra['contentType']).toBe('text/html');
  });

  test('a digest goes out with what is in memory, so that the provider refuses other bytes', async () => {
    let sent: unknown;
    const putObject = memory.putObject;
    const watched = createDriver({
      ...memory,
      putObject: (ref, body, options, given) => {
        sent = options.checksums;
        return putObject(ref, body, options, given);
      },
    });
    await watched.uploadObject(await file('a', 'content'), container, 'a');
    expect(sent).toEqual([{ algorithm: 'md5', hex: '9a0364b9e99bb480dd25e1f0284c8555' }]);
    await watched.uploadObject(await file('a', 'content'), container, 'a', { verifyHash: false });
    expect(sent).toEqual([]);
  });

  test('P2: what the provider holds is compared with what went out, in one put or in parts, from memory or not', async () => {
    const uploads: readonly (readonly [
      MemoryOptions,
      'putObject' | 'complete',
      () => Promise<unknown>,
    ])[] = [
      [{}, 'putObject', async () => container.uploadObject(await file('small', 'content'), 'x')],
      [
        {},
        'putObject',
        async () => container.uploadObject(await file('large', randomContent(2_000_000)), 'x'),
      ],
      [
        { limits: { maxPutSize: 1_500_000 } },
        'complete',
        async () => container.uploadObject(await file('large', randomContent(2_000_000)), 'x'),
      ],
      [{}, 'putObject', () => store('x')],
      [
        {},
        'complete',
        () => container.uploadObjectViaStream(chunks(randomContent(17 * 1024 * 1024)), 'x'),
      ],
    ];
    for (const [options, operation, upload] of uploads) {
      await open(options);
      faults.next(operation, 'wrong checksum');
      const error = await rejection(upload());
      expect(error).toBeInstanceOf(ObjectHashMismatchError);
      expect(error).toMatchObject({ objectName: 'x', retry: 'backoff' });
      faults.next(operation, undefined);
      await upload();
      faults.assertUsedUp();
    }
  });

  test('the comparison can be switched off', async () => {
    faults.next('putObject', 'wrong checksum');
    const object = await container.uploadObject(await file('a', 'content'), 'x', {
      verifyHash: false,
    });
    expect(object.size).toBe(7);
  });

  test('a wrong size is found even where nothing is hashed', async () => {
    const putObject = memory.putObject;
    const cutting = createDriver({
      ...memory,
      putObject: async (...args) => ({ ...(await putObject(...args)), size: 3 }),
    });
    const error = await rejection(
      cutting.uploadObject(await file('a', 'content'), container, 'x', { verifyHash: false }),
    );
    expect(error.message).toContain('was stored with 3 bytes, but 7 were sent');
  });

  test('a put that ends well before its source did is not believed', async () => {
    const putObject = memory.putObject;
    const hasty: Backend = {
      ...memory,
      async putObject(ref, body, options, given) {
        for await (const _ of body.open()) break;
        return putObject(
          ref,
          { ...body, ...{ bytes: new Uint8Array(body.size ?? 0) } },
          options,
          given,
        );
      },
    };
    const error = await rejection(
      createDriver(hasty).uploadObject(
        await file('large', randomContent(3_000_000)),
        container,
        'x',
      ),
    );
    expect(error.message).toContain('was reported as stored before all of it was sent');
  });

  test('a file above what one put may carry goes in parts, and one above what an object may have is refused', async () => {
    await open({ limits: { maxPutSize: 1_500_000, maxObjectSize: 2_500_000 } });
    const content = randomContent(2_000_000);
    const object = await container.uploadObject(await file('large', content), 'large');
    expect(faults.calls).toContain('complete');
    expect((await readAll(object.asStream())).equals(content)).toBe(true);
    const error = await rejection(
      container.uploadObject(await file('larger', randomContent(2_500_001)), 'larger'),
    );
    expect(error.message).toBe(
      'object "larger" is too large for this provider: 2500001 bytes, where 2500000 are allowed',
    );
  });

  test('a large file above maxPutSize is refused where there are no parts', async () => {
    const small = memoryBackend({ limits: { maxPutSize: 5 } });
    const only = createDriver({
      ...small,
      capabilities: { ...small.capabilities, multipart: undefined },
    });
    const error = await rejection(
      only.uploadObject(await file('a', 'content'), await only.createContainer('c'), 'x'),
    );
    expect(error.message).toContain('is too large for this provider: 7 bytes, where 5 are allowed');
  });

  test('a missing file is ENOENT, and a source that fails is its own error', async () => {
    expect(await rejection(container.uploadObject(join(folder, 'none'), 'x'))).toMatchObject({
      code: 'ENOENT',
    });
    const failing = (async function* () {
      yield Buffer.from('x');
      throw new Error('the source failed');
    })();
    expect((await rejection(container.uploadObjectViaStream(failing, 'x'))).message).toBe(
      'the source failed',
    );
    expect(await container.listObjects()).toEqual([]);
  });

  test('P3: a file that changes while it is sent is not stored', async () => {
    const path = await file('large', randomContent(3_000_000));
    const putObject = memory.putObject;
    const slow = createDriver({
      ...memory,
      async putObject(ref, body, options, given) {
        await writeFile(path, randomContent(3_000_000));
        return putObject(ref, body, options, given);
      },
    });
    expect(await rejection(slow.uploadObject(path, container, 'x'))).toMatchObject({
      name: 'SourceChangedError',
    });
    expect(await container.listObjects()).toEqual([]);
  });

  test('a stream of something other than bytes is refused', async () => {
    const text = (async function* () {
      yield 'text' as unknown as Uint8Array;
    })();
    const error = await rejection(container.uploadObjectViaStream(text, 'x'));
    expect(error.message).toBe(
      'the source of "x" gave a string where bytes (Uint8Array) are wanted',
    );
    expect(await container.listObjects()).toEqual([]);
  });

  test('a precondition reaches the provider', async () => {
    await store('x');
    const again = container.uploadObjectViaStream(chunks('other'), 'x', {
      precondition: { ifAbsent: true },
    });
    expect(await rejection(again)).toBeInstanceOf(PreconditionFailedError);
  });

  test('metadata keys that differ only in case are refused', async () => {
    const both = container.uploadObjectViaStream(chunks('x'), 'x', {
      metaData: { a: '1', A: '2' },
    });
    expect(await rejection(both)).toBeInstanceOf(TypeError);
  });
});
