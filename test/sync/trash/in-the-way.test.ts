import { expect, test } from 'vitest';
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
