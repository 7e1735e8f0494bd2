import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { ObjectAccessDeniedError, StorageError } from '../../../src/drivers/errors.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { createMemoryStore } from '../../../src/drivers/memory/store.js';
import { silentLogger } from '../../../src/log.js';
import type { Ledger, LedgerDocument } from '../../../src/state/ledger.js';
import { newLedger } from '../../../src/state/ledger-file.js';
import type { SyncEvent } from '../../../src/sync/events.js';
import { purgeTrash } from '../../../src/sync/mirror/purge.js';
import { trashFolder } from '../../../src/sync/trash/trash-name.js';
import { fakeClock } from '../../fakes/clock.js';
import { faulty } from '../../fakes/faulty-backend.js';

const { signal } = new AbortController();
const DAY = 86_400_000;
const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };

/** A trash that keeps things for 30 days, with our clock and the provider's. */
async function openTrash({
  deletes = 'trash',
  trashKeepMs = 30 * DAY,
  wrap = (backend) => backend,
}: {
  deletes?: 'trash' | 'mirror';
  trashKeepMs?: number;
  wrap?: (backend: Backend) => Backend;
} = {}) {
  const own = fakeClock();
  let providerAheadMs = 0;
  const storage = memoryBackend({
    store: createMemoryStore({ now: () => own.now() + providerAheadMs }),
  });
  const { backend, faults } = faulty(wrap(storage));
  await storage.createContainer('c', { signal });
  let document: LedgerDocument = newLedger('m');
  const ledger: Ledger = {
    read: () => document,
    async update(change) {
      document = change(document);
    },
    async close() {},
  };
  const events: unknown[] = [];
  const policy = {
    overwrite: 'always',
    extraneous: 'keep',
    deletes,
    metadata: { mtime: true, mode: true, owner: false },
  } as const;
  const settings = {
    container: 'c',
    prefix: 'p/',
    trashPrefix: '.longshore/trash/',
    trashKeepMs,
    policy,
    name: 'm',
  };
  const mirror = {
    settings,
    stats: { report: (event: Omit<SyncEvent, 'mirror'>) => void events.push(event) },
    parts: { backend, ledger, clock: own, log: silentLogger },
  } as unknown as Parameters<typeof purgeTrash>[0];
  return {
    own,
    faults,
    events,
    ledger,
    providerAhead(ms: number) {
      providerAheadMs = ms;
    },
    put: (key: string) => put(storage, key),
    throwAway: (name: string) =>
      put(storage, `p/.longshore/trash/${trashFolder(own.now(), 'aaaaaa')}/${name}`),
    purge: () => purgeTrash(mirror, signal),
    /** The last parts of all names. */
    async left(): Promise<string[]> {
      const { items } = await storage.listObjects('c', '', {}, { signal });
      return items.map(({ key }) => key.split('/').at(-1) ?? '').sort();
    },
  };
}

async function put(storage: Backend, key: string): Promise<void> {
  await storage.putObject({ container: 'c', key }, bytesBody(Buffer.from('x')), options, {
    signal,
  });
}

/** Looks each day, as a daemon does more often. */
async function days(
  { own, purge }: Awaited<ReturnType<typeof openTrash>>,
  count: number,
): Promise<void> {
  for (let day = 0; day < count; day += 1) {
    await own.advance(DAY);
    await purge();
  }
}

test('purge: deletes what has been in the trash for trash_keep, and nothing else', async () => {
  const trash = await openTrash();
  await trash.throwAway('old');
  for (const key of [
    'p/mine',
    'p/.longshore/lease',
    'p/.longshore/trash/note.txt',
    'p/.longshore/trash/2000-01-01/theirs',
    'p/.longshore/trash/2000-01-01T00-00-00.000Z-xxxxxx/neither',
    '.longshore/trash/2000-01-01T00-00-00.000Z-aaaaaa/another-mirror',
  ])
    await trash.put(key);
  await trash.purge();
  await days(trash, 15);
  await trash.throwAway('new');
  await days(trash, 15);
  const others = ['another-mirror', 'lease', 'mine', 'neither', 'note.txt', 'theirs'];
  expect(await trash.left()).toEqual([...others, 'new', 'old'].sort());
  await days(trash, 1);
  expect(await trash.left()).toEqual([...others, 'new'].sort());
  await days(trash, 15);
  expect(await trash.left()).toEqual(others);
  expect(trash.events).toEqual([
    { event: 'trash-purged', objects: 1, bytes: 1 },
    { event: 'trash-purged', objects: 1, bytes: 1 },
  ]);
});

test('purge: does nothing while our clock is ahead of the provider’s', async () => {
  const trash = await openTrash();
  await trash.throwAway('a');
  await days(trash, 2);
  trash.providerAhead(-400 * DAY);
  await trash.own.advance(400 * DAY);
  await days(trash, 3);
  expect(await trash.left()).toEqual(['a']);
  trash.providerAhead(0);
  await days(trash, 1);
  expect(await trash.left()).toEqual([]);
});

test('purge: waits a day after our clock has jumped ahead, whatever the provider says', async () => {
  const trash = await openTrash();
  await trash.throwAway('a');
  await days(trash, 2);
  await trash.own.advance(400 * DAY);
  await trash.purge();
  await trash.own.advance(DAY - 1);
  await trash.purge();
  expect(await trash.left()).toEqual(['a']);
  await trash.own.advance(1);
  await trash.purge();
  expect(await trash.left()).toEqual([]);
});

test('purge: keeps for its time what was deleted while our clock was behind', async () => {
  const trash = await openTrash();
  await trash.put(`p/.longshore/trash/${trashFolder(0, 'aaaaaa')}/a`);
  await days(trash, 30);
  expect(await trash.left()).toEqual(['a']);
  await days(trash, 1);
  expect(await trash.left()).toEqual([]);
});

test('purge: does nothing with trash_keep: 0, and lists nothing for a mirror that never had a trash', async () => {
  for (const settings of [{ trashKeepMs: 0 }, { deletes: 'mirror' as const }]) {
    const trash = await openTrash(settings);
    await trash.throwAway('a');
    await days(trash, 100);
    expect(await trash.left()).toEqual(['a']);
    expect(trash.faults.calls).toEqual([]);
  }
});

test('purge: empties a trash that is no longer in use', async () => {
  const trash = await openTrash({ deletes: 'mirror' });
  await trash.ledger.update((document) => ({
    ...document,
    trash: { lookedAtMs: trash.own.now() },
  }));
  await trash.throwAway('a');
  await days(trash, 31);
  expect(await trash.left()).toEqual([]);
});

test('purge: does not fail its run when it fails, and is done by the next one', async () => {
  const trash = await openTrash();
  await trash.throwAway('a');
  await days(trash, 30);
  trash.faults.next(
    'deleteObjects',
    new StorageError('503', { driver: 'memory', retry: 'backoff' }),
  );
  await days(trash, 1);
  expect(await trash.left()).toEqual(['a']);
  await days(trash, 1);
  trash.faults.assertUsedUp();
  expect(await trash.left()).toEqual([]);
});

test('P8: purge: an object that cannot be deleted keeps no other in the trash, and is deleted the next time', async () => {
  const trash = await openTrash({
    wrap: (backend) => ({
      ...backend,
      capabilities: { ...backend.capabilities, batchDelete: undefined },
    }),
  });
  for (const name of ['a', 'b', 'c']) await trash.throwAway(name);
  await days(trash, 30);
  trash.faults.next('deleteObject', undefined); // the one that is written to hear what time it is
  trash.faults.next(
    'deleteObject',
    new ObjectAccessDeniedError('a', 'is locked', { driver: 'memory' }),
  );
  await days(trash, 1);
  trash.faults.assertUsedUp();
  expect(await trash.left()).toEqual(['a']);
  expect(trash.events).toEqual([{ event: 'trash-purged', objects: 2, bytes: 2 }]);
  await days(trash, 1);
  expect(await trash.left()).toEqual([]);
});

test('purge: the object that it puts to learn the provider’s time is not locked', async () => {
  const puts: unknown[] = [];
  const noting = (backend: Backend): Backend => ({
    ...backend,
    putObject: (ref, body, given, call) => {
      puts.push([ref.key, given.bookkeeping]);
      return backend.putObject(ref, body, given, call);
    },
  });
  const trash = await openTrash({ wrap: noting });
  await trash.throwAway('old');
  await days(trash, 31);
  expect(await trash.left()).toEqual([]);
  expect(new Set(puts.map(String))).toEqual(new Set(['p/.longshore/clock,true']));
});
