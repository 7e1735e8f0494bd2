import { expect, onTestFinished, test } from 'vitest';
import type { MirrorConfig } from '../../../src/config/config.js';
import { ObjectAccessDeniedError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import type { SyncEvent } from '../../../src/sync/events.js';
import { call, put } from '../../drivers/conformance/fixture.js';
import { eventually } from '../../world/eventually.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';
import { decay } from './decaying-backend.js';

const VERIFY = {
  withinMs: 86_400_000,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  by: 'daemon',
  heal: true,
  keepDamaged: false,
} as const;

/** A mirror of the files `a` and `b` whose scrub runs when it is started. */
async function openScrubbed(mirrorConfig: Partial<MirrorConfig> = {}) {
  const disks = decay();
  const fixture = await openMirrorFixture({
    mirror: { verify: VERIFY, ...mirrorConfig },
    wrap: disks.wrap,
  });
  fixture.write('a', 'content of a');
  fixture.write('b', 'content of b');
  await fixture.run('reconcile');
  const { scrub, parts } = fixture.mirror;
  if (scrub === undefined) throw new Error('the mirror has no scrub');
  const proofOf = (name: string) => parts.index.get(name)?.provenAtMs;
  const found = () =>
    fixture.events.flatMap((event) =>
      event.event === 'damage-found' ? [[event.name, event.problem, event.healing]] : [],
    );
  return {
    ...fixture,
    disks,
    scrub,
    proofOf,
    found,
    start() {
      const stop = new AbortController();
      const ended = scrub.take(stop.signal).catch((error: unknown) => error);
      const end = async () => {
        stop.abort(new Error('stopped'));
        return ended;
      };
      onTestFinished(async () => void (await end()));
      return end;
    },
    /** Resolves once every object was read back and matched. */
    async allProven() {
      await eventually(() => {
        expect(scrub.status().proofs?.verifiedObjects).toBe(2);
        expect([proofOf('a'), proofOf('b')]).toEqual([expect.any(Number), expect.any(Number)]);
      });
    },
  };
}

const uploadsIn = (events: readonly SyncEvent[]) =>
  events.flatMap((event) =>
    event.event === 'done' && event.job === 'upload_object' ? [[event.name, event.why]] : [],
  );
const skippedIn = (events: readonly SyncEvent[]) =>
  events.flatMap((event) => (event.event === 'skipped' ? [[event.path, event.reason]] : []));
const key = (name: string) => ({ container: 'c', key: `p/${name}` });

test('P2: scrub: reads every object back, and records when it matched', async () => {
  const { start, allProven, scrub, found, events } = await openScrubbed();
  const before = Date.now();
  start();
  await allProven();
  expect(scrub.status()).toMatchObject({
    proofs: { objects: 2, bytes: 24, verifiedBytes: 24, neverVerified: 0 },
    damaged: [],
    unreadable: 0,
    neededBytesPerSecond: null,
  });
  expect(scrub.status().proofs?.oldestProofMs).toBeGreaterThanOrEqual(before);
  expect([found(), uploadsIn(events).length]).toEqual([[], 2]);
});

test('P2: scrub: an object whose bytes have changed on the disk is sent again from its file', async () => {
  const { disks, start, allProven, found, events, scrub } = await openScrubbed();
  disks.rot('p/a');
  start();
  await allProven();
  expect(found()).toEqual([['a', 'damaged', true]]);
  expect(uploadsIn(events).slice(2)).toEqual([['a', 'damaged']]);
  expect(scrub.status().damaged).toEqual([]);
});

test('P2: scrub: an object that is missing is sent again', async () => {
  const { storage, start, allProven, found, events, objects } = await openScrubbed();
  await storage.deleteObject(key('b'), call);
  start();
  await allProven();
  expect(found()).toEqual([['b', 'missing', true]]);
  expect(uploadsIn(events).slice(2)).toEqual([['b', 'missing']]);
  expect(await objects()).toMatchObject({ 'p/b': 'content of b' });
});

test('scrub: an object that something else has overwritten is sent again', async () => {
  const { storage, start, allProven, found, events } = await openScrubbed();
  await put(storage, key('b'), 'CONTENT OF B');
  start();
  await allProven();
  expect(found()).toEqual([['b', 'changed', true]]);
  expect(uploadsIn(events).slice(2)).toEqual([['b', 'drift']]);
});

test('P3: scrub: a damaged object whose file has other content by now is reported, and not overwritten', async () => {
  const { disks, storage, start, write, proofOf, events, scrub, objects } = await openScrubbed();
  disks.rot('p/a');
  await storage.deleteObject(key('b'), call);
  write('a', 'newer');
  write('b', 'content of B'); // the same size
  start();
  await eventually(() =>
    expect(skippedIn(events).sort()).toEqual([
      ['a', 'object-damaged'],
      ['b', 'object-missing'],
    ]),
  );
  expect(uploadsIn(events).length).toBe(2);
  expect(await objects()).toEqual({ 'p/a': 'content of a' });
  expect(scrub.status().damaged.map(({ name, problem }) => [name, problem])).toEqual(
    expect.arrayContaining([
      ['a', 'damaged'],
      ['b', 'missing'],
    ]),
  );
  expect(proofOf('a')).toBeUndefined();
});

test('scrub: a damaged object without a file is reported, and stays', async () => {
  const { disks, start, remove, events, objects } = await openScrubbed();
  disks.rot('p/a');
  remove('a');
  start();
  await eventually(() => expect(skippedIn(events)).toEqual([['a', 'object-damaged']]));
  expect(Object.keys(await objects())).toEqual(['p/a', 'p/b']);
});

test('scrub: with heal: false a damaged object is reported alone', async () => {
  const { disks, start, found, events, proofOf } = await openScrubbed({
    verify: { ...VERIFY, heal: false },
  });
  disks.rot('p/a');
  start();
  await eventually(() => expect([found().length, proofOf('b')]).toEqual([1, expect.any(Number)]));
  expect(found()).toEqual([['a', 'damaged', false]]);
  expect(uploadsIn(events).length).toBe(2);
});

test('scrub: with keep_damaged the trash has the damaged object', async () => {
  const { disks, start, allProven, objects } = await openScrubbed({
    deletes: 'trash',
    verify: { ...VERIFY, keepDamaged: true },
  });
  disks.rot('p/a');
  start();
  await allProven();
  const names = Object.keys(await objects());
  expect(names.filter((name) => /^p\/\.longshore\/trash\/[^/]+\/a$/.test(name))).toHaveLength(1);
});

test('scrub: a mismatch that a second reading does not confirm is no damage', async () => {
  const { disks, start, allProven, found } = await openScrubbed();
  disks.stutter('p/a');
  start();
  await allProven();
  expect(found()).toEqual([]);
});

test('scrub: an object that may not be read, or that a network fault hits, is not damaged', async () => {
  const { faults, start, proofOf, found, scrub } = await openScrubbed();
  faults.next('readObject', new ObjectAccessDeniedError('p/a', 'is denied', { driver: 'memory' }));
  faults.next('readObject', new TargetUnavailableError('cut off', { driver: 'memory' }));
  start();
  await eventually(() => {
    expect(scrub.status().unreadable).toBe(1);
    expect([proofOf('a'), proofOf('b')].filter((at) => at !== undefined)).toHaveLength(1);
  });
  expect(found()).toEqual([]);
});

test('P3: scrub: an object that a job replaces while it is read gets no proof of the reading', async () => {
  const { disks, start, write, run, allProven, found, mirror } = await openScrubbed();
  let replaced = false;
  disks.onRead = async (read) => {
    if (read !== 'p/a' || replaced) return;
    replaced = true;
    write('a', 'other content');
    await run('scan');
  };
  start();
  await allProven();
  expect([replaced, found()]).toEqual([true, []]);
  expect(mirror.parts.index.get('a')?.size).toBe(13);
});

test('scrub: after a restart in its middle goes on with what has the oldest proof', async () => {
  const { disks, start, allProven, proofOf, mirror } = await openScrubbed();
  const { index } = mirror.parts;
  const proven = index.get('a');
  const at = Date.now() - 1000;
  if (proven !== undefined) await index.put('a', { ...proven, provenAtMs: at });
  const read: string[] = [];
  disks.onRead = (name) => void read.push(name);
  const end = start();
  await allProven();
  await end();
  expect([read, proofOf('a')]).toEqual([['p/b'], at]);
});

test('scrub: a proof from the future is none', async () => {
  const { start, proofOf, mirror } = await openScrubbed();
  const { index } = mirror.parts;
  const proven = index.get('a');
  const future = Date.now() + 10 * 86_400_000;
  if (proven !== undefined) await index.put('a', { ...proven, provenAtMs: future });
  start();
  await eventually(() => expect(proofOf('a')).toBeLessThan(future));
});
