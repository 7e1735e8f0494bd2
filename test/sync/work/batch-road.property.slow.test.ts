import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { bookkeepingPut } from '../../../src/drivers/bookkeeping.js';
import { ObjectError, StorageError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import { findObject } from '../../../src/drivers/find-object.js';
import type { Operation } from '../../../src/drivers/layers/operations.js';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import type { SyncEvent } from '../../../src/sync/events.js';
import type { ScanResult } from '../../../src/sync/mirror/finish-run.js';
import type { Job } from '../../../src/sync/work/job.js';
import { ciphertext } from '../../ciphertext.js';
import type { Fault } from '../../fakes/faulty-backend.js';
import { withQuickPut } from '../../fakes/quick-put.js';
import {
  type FixtureOptions,
  type MirrorFixture,
  openMirrorFixture,
} from '../../world/mirror-in-process.js';
import { untilStatsAreOld } from '../../world/old-stats.js';
import { filesBelow } from '../../world/tree.js';

/** As many files as make two batches of 4 MiB with a few large ones among them. */
const NAMES = Array.from({ length: 60 }, (_, at) => `d${at % 7}/f${at}`);

const anyName = fc.constantFrom(...NAMES);
const anyContent = fc.oneof(
  fc.string({ maxLength: 50 }),
  fc.constantFrom('', 'x'.repeat(300_000), '\0'.repeat(5_000)),
  fc.constant(ciphertext(4_000)),
);
const anyChange = fc.oneof(
  { weight: 4, arbitrary: fc.record({ name: anyName, write: anyContent }) },
  { weight: 1, arbitrary: fc.record({ name: anyName, remove: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ name: anyName, renameTo: anyName }) },
  { weight: 2, arbitrary: fc.record({ name: anyName, damage: fc.constant(true) }) },
  { weight: 2, arbitrary: fc.record({ name: anyName, sameSize: fc.constantFrom('a', 'b') }) },
  { weight: 1, arbitrary: fc.record({ name: anyName, touchAll: fc.nat(3) }) },
);
const call = { signal: new AbortController().signal };
const DAMAGE = bytesBody(Buffer.from('what another program has put there'));

type Change =
  | { readonly name: string; readonly write: string | Buffer }
  | { readonly name: string; readonly remove: boolean }
  | { readonly name: string; readonly renameTo: string }
  | { readonly name: string; readonly damage: boolean }
  | { readonly name: string; readonly sameSize: string }
  /** Seconds since the epoch; 0: only their ctimes change. */
  | { readonly name: string; readonly touchAll: number };

const anyRound = fc.record({
  changes: fc.array(anyChange, { maxLength: 40 }),
  run: fc.constantFrom('scan' as const, 'reconcile' as const, 'hints' as const),
});
const anyHistory = fc.array(anyRound, { minLength: 1, maxLength: 3 });

async function change({ mirror, write, storage }: MirrorFixture, what: Change): Promise<void> {
  const path = join(mirror.settings.source, what.name);
  if ('write' in what) write(what.name, what.write);
  else if ('damage' in what) {
    const ref = { container: 'c', key: `p/${what.name}` };
    const isThere = (await findObject(storage, ref, call)) !== undefined;
    if (isThere) await storage.putObject(ref, DAMAGE, bookkeepingPut(), call);
  } else if ('touchAll' in what) touchAll(mirror.settings.source, what.touchAll);
  else if (!existsSync(path)) return;
  else if ('sameSize' in what) write(what.name, what.sameSize.repeat(lstatSync(path).size));
  else if ('renameTo' in what) {
    write(what.renameTo);
    renameSync(path, join(mirror.settings.source, what.renameTo));
  } else rmSync(path);
}

function touchAll(source: string, seconds: number): void {
  for (const name of filesBelow(source)) {
    const path = join(source, name);
    if (seconds === 0) chmodSync(path, lstatSync(path).mode & 0o777);
    else utimesSync(path, seconds, seconds);
  }
}

type Round = 'scan' | 'reconcile' | 'hints';

/** Has what changed found by a run, or by hints of all names. Returns the counts of the run. */
async function find(fixture: MirrorFixture, how: Round): Promise<unknown> {
  // A file that was read just after its last change is compared once more, and one road may be the faster one.
  await untilStatsAreOld();
  if (how !== 'hints') return countsOf(await fixture.run(how));
  const { intake, batches, pending, parts } = fixture.mirror;
  await intake.hints(NAMES, [], parts.batches ? batches : undefined);
  await pending.whenEmpty(call.signal);
  return undefined;
}

/** What a record says, but for the numbers of one file system. */
function recorded({ mirror }: MirrorFixture): readonly unknown[] {
  return [...mirror.parts.index.entries()].map(
    ([name, { state, kind, size, md5, looks, guarded }]: readonly [string, ObjectRecord]) => ({
      name,
      state,
      kind,
      size,
      md5,
      looks,
      guarded,
    }),
  );
}

function done({ events }: MirrorFixture): readonly string[] {
  return events
    .filter((event): event is Extract<SyncEvent, { event: 'done' }> => event.event === 'done')
    .map(({ job, name, why, bytes }) => `${job} ${name} ${why} ${bytes}`)
    .toSorted();
}

const withoutBatchPut = (backend: Backend): Backend => ({
  ...backend,
  capabilities: { ...backend.capabilities, batchPut: undefined },
});

/** Each of some forty runs starts a thread. */
const PATIENCE_MS = 180_000;

const stores = [
  ['one call', {}],
  ['a call for each object', { wrap: withoutBatchPut }],
  ['a request for each object', { wrap: withoutBatchPut, extend: withQuickPut }],
] as const satisfies (readonly [string, FixtureOptions])[];

test.each(stores)(
  'a batch that is sent by %s does what a job for each object does, in the store and in the index',
  async (_, store) => {
    await fc.assert(
      fc.asyncProperty(anyHistory, async (history) => {
        const byBatches = await openMirrorFixture(store);
        const byJobs = await openMirrorFixture({ ...store, batches: false });
        const both = [byBatches, byJobs];
        for (const fixture of both) for (const name of NAMES) fixture.write(name);
        for (const { changes, run } of [{ changes: [], run: 'reconcile' as const }, ...history]) {
          for (const fixture of both) for (const each of changes) await change(fixture, each);
          expect(await find(byBatches, run)).toEqual(await find(byJobs, run));
          expect(await byBatches.objects()).toEqual(await byJobs.objects());
          expect(recorded(byBatches)).toEqual(recorded(byJobs));
          expect(done(byBatches)).toEqual(done(byJobs));
        }
      }),
      { numRuns: 6 },
    );
  },
  PATIENCE_MS,
);

/** Runs until a reconcile finds nothing to do, and returns what that one says. The first one deletes nothing. */
async function settle(fixture: MirrorFixture) {
  await fixture.run('reconcile');
  for (let round = 1; ; round += 1) {
    const result = await fixture.run('reconcile');
    const { uploaded, deleted, copied, failed } = result.report;
    if (uploaded + deleted + copied + failed === 0 || round === 20) return result;
  }
}

/** Names and contents of all files, as `objects` gives those of the objects. */
function contents({ mirror: { settings } }: MirrorFixture): Record<string, string> {
  return Object.fromEntries(
    filesBelow(settings.source).map((name) => [
      `${settings.prefix}${name}`,
      readFileSync(join(settings.source, name)).toString(),
    ]),
  );
}

function countsOf({ report: { startedAtMs: _, seconds: __, ...counts } }: ScanResult) {
  return counts;
}

const driver = { driver: 'memory' } as const;
const faults: readonly Fault[] = [
  new ObjectError('d0/f0', 'is refused', driver),
  new StorageError('the connection was lost', { ...driver, retry: 'backoff' }),
  new TargetUnavailableError('is down', { ...driver, retry: 'backoff' }),
  { lost: new StorageError('the answer was lost', { ...driver, retry: 'backoff' }) },
];
const anyFault = fc.record({
  operation: fc.constantFrom<Operation>('putObject', 'putObjects', 'headObject', 'deleteObject'),
  before: fc.nat(20),
  fault: fc.constantFrom(...faults),
});

test.each(stores)(
  'P1, P2: whatever fails of a batch that is sent by %s, the store is equal to the source when nothing fails any more',
  async (_, store) => {
    await fc.assert(
      fc.asyncProperty(
        anyHistory,
        fc.array(anyFault, { minLength: 1, maxLength: 6 }),
        async (history, scripted) => {
          const fixture = await openMirrorFixture(store);
          for (const name of NAMES) fixture.write(name);
          for (const { operation, before, fault } of scripted) {
            for (let call = 0; call < before; call += 1) fixture.faults.next(operation, undefined);
            fixture.faults.next(operation, fault);
          }
          for (const { changes, run } of history) {
            for (const each of changes) await change(fixture, each);
            await find(fixture, run);
          }
          const { report } = await settle(fixture);
          expect(report).toMatchObject({ uploaded: 0, deleted: 0, failed: 0 });
          expect(await fixture.objects()).toEqual(contents(fixture));
          for (const [, { state }] of fixture.mirror.parts.index.entries())
            expect(state).toBe('confirmed');
        },
      ),
      { numRuns: 6 },
    );
  },
  PATIENCE_MS,
);

test('files that a scan finds touched are compared by the hundred: none has a job of its own', async () => {
  const jobs: string[] = [];
  const carry = (job: Job) => {
    jobs.push(job.name);
    return job;
  };
  const fixture = await openMirrorFixture({ carry });
  const { source } = fixture.mirror.settings;
  for (const name of NAMES) fixture.write(name);
  await fixture.run('reconcile');
  touchAll(source, 0);
  expect((await fixture.run('scan')).report).toMatchObject({ uploaded: 0, refreshed: 0 });
  touchAll(source, 1_000_000_000);
  expect((await fixture.run('scan')).report).toMatchObject({
    uploaded: 0,
    refreshed: NAMES.length,
  });
  for (const name of NAMES.slice(0, 20)) fixture.write(name, 'x'.repeat(name.length));
  expect((await fixture.run('scan')).report).toMatchObject({ uploaded: 20, refreshed: 0 });
  expect(jobs).toEqual([]);
  expect(await fixture.objects()).toEqual(contents(fixture));
  expect((await fixture.run('reconcile')).report).toMatchObject({ uploaded: 0, refreshed: 0 });
});
