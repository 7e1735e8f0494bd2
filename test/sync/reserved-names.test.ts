import { expect, it } from 'vitest';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { namesListed, OWN_FOLDER, reservedNames } from '../../src/sync/reserved-names.js';
import { listRemote } from '../../src/sync/scan/listing.js';
import { openListingSide } from '../../src/sync/scan/sides.js';
import { openMirrorFixture } from '../world/mirror-in-process.js';

const { signal } = new AbortController();
const call = { signal };
const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
const body = { size: 0, replayable: true, bytes: new Uint8Array(), async *open() {} };

it('reserved names: all below .longshore, and nothing beside it', () => {
  const { has, paths } = reservedNames({ trashPrefix: '.longshore/trash/' });
  expect(['.longshore/', '.longshore/lease', '.longshore/trash/x'].filter(has)).toHaveLength(3);
  expect(['.longshore', '.longshore-x', 'a/.longshore/x', '.longshor/', ''].filter(has)).toEqual(
    [],
  );
  expect(paths).toEqual(['.longshore']);
});

it('reserved names: the names of a trash with its own prefix are reserved', () => {
  const { has, paths } = reservedNames({ trashPrefix: 'old/files/' });
  expect(['.longshore/lease', 'old/files/x'].filter(has)).toHaveLength(2);
  expect(['old/', 'old/files', 'old/files-2/x'].filter(has)).toEqual([]);
  expect(paths).toEqual(['.longshore', 'old/files']);
  expect(reservedNames({ trashPrefix: `${OWN_FOLDER}bin/` }).paths).toEqual(['.longshore']);
});

it('reserved names: a listing skips them on each page', async () => {
  const backend = memoryBackend();
  await backend.createContainer('c', call);
  const keys = [
    '.longshore/lease',
    'p/',
    'p/-',
    'p/.longshore',
    'p/.longshore/a',
    'p/.longshore/b',
    'p/old/x',
    'p/older',
  ];
  for (const key of keys) await backend.putObject({ container: 'c', key }, body, options, call);
  const small = {
    ...backend,
    listObjects: (container: string, prefix: string, page: object) =>
      backend.listObjects(container, prefix, { ...page, size: 2 }, call),
  };
  const names: string[] = [];
  const index = { nameAfter: () => undefined };
  const listing = listRemote(small, { container: 'c', prefix: 'p/', index }, signal);
  const nextPage = async () => (await listing.next()).value ?? undefined;
  const side = await openListingSide(nextPage, namesListed({ prefix: 'p/', trashPrefix: 'old/' }));
  for (; side.name !== undefined; await side.advance()) names.push(side.name);
  expect(names).toEqual(['-', '.longshore', 'older']);
});

it('P4: reserved names: a reconcile neither deletes nor reports such objects, and reports a file of such a name without sending it', async () => {
  const { storage, run, write, objects, events } = await openMirrorFixture({
    mirror: { extraneous: 'delete' },
  });
  for (const key of ['p/.longshore/lease', 'p/foreign'])
    await storage.putObject({ container: 'c', key }, body, options, call);
  write('a', 'content');
  expect((await run('reconcile')).complete).toBe(false); // the first one deletes nothing
  write('.longshore/lease', 'mine');
  expect((await run('reconcile')).complete).toBe(false);
  expect(await objects()).toEqual({ 'p/.longshore/lease': '', 'p/a': 'content' });
  expect(events).toContainEqual(
    expect.objectContaining({ event: 'skipped', path: '.longshore', reason: 'name-refused' }),
  );
});
