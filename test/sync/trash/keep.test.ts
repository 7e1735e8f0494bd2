import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { ObjectDoesNotExistError } from '../../../src/drivers/errors.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { createTrash } from '../../../src/sync/trash/trash.js';
import { readThrown } from '../../../src/sync/trash/trash-name.js';
import { call, contentOf, listKeys, put } from '../../drivers/conformance/fixture.js';
import { CONTAINER, openBox, ref } from '../../drivers/local/fixture.js';
import { fakeClock } from '../../fakes/clock.js';

const TRASH = '.longshore/trash/';

test('P4: a store that cannot hold both `a` and `a/b` keeps both in its trash, also when they go in one minute', async () => {
  const { backend } = await openBox();
  const trash = createTrash({ backend, container: CONTAINER, prefix: '', trashPrefix: TRASH, clock: fakeClock() });
  for (const name of ['a', 'a/b', 'a']) {
    await put(backend, ref(name), `this was ${name}`);
    await trash.keep(name, undefined, undefined, call.signal);
    await backend.deleteObject(ref(name), call);
  }
  const kept = await listKeys(backend, CONTAINER, TRASH);
  const contents = await Promise.all(
    kept.map(async (key) => [readThrown(key.slice(TRASH.length))?.name, await contentOf(backend, ref(key))]),
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

test('what somebody deletes while it is copied need not be kept', async () => {
  const backend = await withLateCopies((inner) => inner.deleteObject(ref('a'), call));
  const trash = createTrash({ backend, container: CONTAINER, prefix: '', trashPrefix: TRASH, clock: fakeClock() });
  await trash.keep('a', undefined, undefined, call.signal);
});

test('P4: what is there all the same is not taken for kept', async () => {
  const backend = await withLateCopies(async () => undefined);
  const trash = createTrash({ backend, container: CONTAINER, prefix: '', trashPrefix: TRASH, clock: fakeClock() });
  await expect(trash.keep('a', undefined, undefined, call.signal)).rejects.toBeInstanceOf(ObjectDoesNotExistError);
});
