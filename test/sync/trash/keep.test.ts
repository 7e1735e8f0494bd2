import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import type { ObjectInfo } from '../../../src/drivers/call.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import { ObjectDoesNotExistError, ObjectHashMismatchError } from '../../../src/drivers/errors.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { hashInParts } from '../../../src/parts-digest.js';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import { createTrash } from '../../../src/sync/trash/trash.js';
import { readTrashed } from '../../../src/sync/trash/trash-name.js';
import { call, contentOf, listKeys, put } from '../../drivers/conformance/fixture.js';
import { CONTAINER, openBox, ref } from '../../drivers/local/fixture.js';
import { fakeClock } from '../../fakes/clock.js';
import { record } from '../../state/fixtures.js';

const TRASH = '.longshore/trash/';

test('P4: trash: a store that cannot hold both `a` and `a/b` keeps both there, also when both are deleted in one minute', async () => {
  const { backend } = await openBox();
  const trash = createTrash({
    backend,
    container: CONTAINER,
    prefix: '',
    trashPrefix: TRASH,
    clock: fakeClock(),
  });
  for (const name of ['a', 'a/b', 'a']) {
    await put(backend, ref(name), `this was ${name}`);
    await trash.keep(name, undefined, { why: 'deleted' }, call.signal);
    await backend.deleteObject(ref(name), call);
  }
  const kept = await listKeys(backend, CONTAINER, TRASH);
  const contents = await Promise.all(
    kept.map(async (key) => [
      readTrashed(key.slice(TRASH.length))?.name,
      await contentOf(backend, ref(key)),
    ]),
  );
  expect(new Map(contents as [string, string][])).toEqual(
    new Map([
      ['a', 'this was a'],
      ['a/b', 'this was a/b'],
    ]),
  );
});

/** A backend whose copies find nothing, after `meanwhile`. */
async function withLateCopies(meanwhile: (backend: Backend) => Promise<void>): Promise<Backend> {
  const backend = memoryBackend();
  await backend.createContainer(CONTAINER, call);
  await put(backend, ref('a'), 'content');
  const copy = backend.capabilities.copy!;
  const copyObject: typeof copy.copyObject = async (from) => {
    await meanwhile(backend);
    throw new ObjectDoesNotExistError(from.key, { driver: 'memory' });
  };
  return { ...backend, capabilities: { ...backend.capabilities, copy: { ...copy, copyObject } } };
}

test('trash: an object that is deleted during its copy need not be kept', async () => {
  const backend = await withLateCopies((inner) => inner.deleteObject(ref('a'), call));
  const trash = createTrash({
    backend,
    container: CONTAINER,
    prefix: '',
    trashPrefix: TRASH,
    clock: fakeClock(),
  });
  await trash.keep('a', undefined, { why: 'deleted' }, call.signal);
});

test('P4: trash: an object that exists does not count as kept when its copy reports it missing', async () => {
  const backend = await withLateCopies(async () => undefined);
  const trash = createTrash({
    backend,
    container: CONTAINER,
    prefix: '',
    trashPrefix: TRASH,
    clock: fakeClock(),
  });
  await expect(trash.keep('a', undefined, { why: 'deleted' }, call.signal)).rejects.toBeInstanceOf(
    ObjectDoesNotExistError,
  );
});

describe('P4: trash: a copy of an object that was hashed in parts', () => {
  const content = Buffer.from('now it is in parts');

  /** Keeps an object whose provider reports neither an MD5 nor the same ETag of a copy. */
  async function keep(md5Parts: string): Promise<void> {
    const inner = memoryBackend();
    await inner.createContainer(CONTAINER, call);
    const { extra } = await put(inner, ref('a'), content);
    const backend = {
      ...inner,
      headObject: async (...args: Parameters<Backend['headObject']>) => ({
        ...(await inner.headObject(...args)),
        checksums: [],
      }),
    };
    const known = record({
      size: content.length,
      md5: '',
      md5Parts,
      partSize: 5,
      etag: String(extra['etag']),
    });
    const place = { container: CONTAINER, prefix: '', trashPrefix: TRASH };
    await createTrash({ ...place, backend, clock: fakeClock() }).keep(
      'a',
      known,
      { why: 'deleted' },
      call.signal,
    );
  }

  test('is read back and compared by its parts', async () => {
    const hash = hashInParts(5);
    hash.update(content);
    await keep(hash.digest().hex);
  });

  test('does not count as kept when it has other content', async () =>
    expect(keep('a'.repeat(32))).rejects.toBeInstanceOf(ObjectHashMismatchError));
});

describe('P4: trash: without a digest, content counts as the same only', () => {
  const md5 = checksumOf('md5', Buffer.from('now')).hex;

  /** Whether the content of an object goes to the trash, as another of this digest takes its place. */
  async function isKept(changes: Partial<ObjectRecord>, { hasEtag = true } = {}): Promise<boolean> {
    const inner = memoryBackend();
    await inner.createContainer(CONTAINER, call);
    const { extra } = await put(inner, ref('a'), 'now');
    const hide = (info: ObjectInfo): ObjectInfo => ({
      ...info,
      checksums: [],
      extra: hasEtag ? info.extra : {},
    });
    const backend = {
      ...inner,
      headObject: async (...args: Parameters<Backend['headObject']>) =>
        hide(await inner.headObject(...args)),
    };
    const trash = createTrash({
      backend,
      container: CONTAINER,
      prefix: '',
      trashPrefix: TRASH,
      clock: fakeClock(),
    });
    const known = record({
      size: 3,
      md5,
      ...(hasEtag && { etag: String(extra['etag']) }),
      ...changes,
    });
    await trash.keep('a', known, { why: 'overwritten', md5 }, call.signal);
    return (await listKeys(inner, CONTAINER, TRASH)).length > 0;
  }

  test('when the object is the one that we sent', async () => expect(await isKept({})).toBe(false));

  test.each<readonly [string, Partial<ObjectRecord>]>([
    ['another program has replaced it', { etag: 'that of ours' }],
    ['it may not have been sent', { state: 'sending' }],
    ['it has another size', { size: 4 }],
  ])('and not when %s', async (_why, changes) => expect(await isKept(changes)).toBe(true));

  test('and not when nothing distinguishes it from another', async () =>
    expect(await isKept({}, { hasEtag: false })).toBe(true));
});
