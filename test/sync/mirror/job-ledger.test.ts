import { expect, test } from 'vitest';
import { createHeldChanges } from '../../../src/sync/mirror/held-changes.js';
import { createJobLedger } from '../../../src/sync/mirror/job-ledger.js';
import { createMissedWork } from '../../../src/sync/mirror/missed-work.js';
import { createOpenJobs } from '../../../src/sync/mirror/open-jobs.js';
import { createRetries } from '../../../src/sync/mirror/retries.js';
import { createRuns } from '../../../src/sync/mirror/runs.js';
import type { Job } from '../../../src/sync/work/job.js';
import { createPending } from '../../../src/sync/work/pending.js';
import type { Verdict } from '../../../src/sync/work/verdict.js';
import { createWaits } from '../../../src/sync/work/waits.js';
import { fakeClock } from '../../fakes/clock.js';
import { record } from '../../state/fixtures.js';
import { testJob } from '../work/test-job.js';

const error = new Error('broken');

/** A real ledger with its books; `log` has what it reports to others, in order. */
function rig() {
  const clock = fakeClock();
  const stop = new AbortController();
  const log: string[] = [];
  const say =
    (what: string) =>
    (...details: readonly unknown[]): void =>
      void log.push([what, ...details.filter((one) => typeof one !== 'object')].join(' '));
  const queued: Job[] = [];
  const queue = {
    putBack: (job: Job) => void queued.push(job),
    next: () => undefined,
    has: () => false,
  };
  const pending = createPending();
  const runs = createRuns(clock);
  const run = runs.begin({ count: () => 1 });
  const dependents = {
    settled: say('settled'),
    delayed: say('delayed'),
    notMirrored: say('not mirrored'),
  };
  const stats = {
    progress: () => {},
    done: say('done'),
    held: say('held'),
    skipped: say('skipped'),
    failed: ({
      name,
      retryInMs,
      isQuarantined,
    }: {
      name: string;
      retryInMs: number | null;
      isQuarantined: boolean;
    }) => say('failed')(name, retryInMs ?? 'for good', ...(isQuarantined ? ['quarantined'] : [])),
  };
  const missed = createMissedWork();
  const guard = { holding: undefined };
  const health = { report: () => true };
  const waits = createWaits(clock, stop.signal);
  const room = { over: say('room over') };
  const openJobs = createOpenJobs({ queue, pending, runs, stats, room, dependents });
  const ledger = createJobLedger({
    containerTrouble: { report: say('container trouble') },
    stats,
    runs,
    openJobs,
    dependents,
    retries: createRetries({ queue, health, waits, openJobs, dependents, missed }),
    missed,
    held: createHeldChanges({ guard, runs, stats, dependents }),
  });
  return {
    clock,
    log,
    queued,
    missed,
    pending,
    waits,
    run,
    stop: () => stop.abort(new Error('stopped')),
    book(verdict: Verdict, job = testJob('a', { run: run.id })) {
      pending.add(job.name, null);
      ledger.book(job, verdict);
    },
  };
}

const retry = { job: testJob('a', { attempt: 2 }), inMs: 500 };
const outcome = {
  outcome: 'done',
  job: 'upload_object',
  why: 'new',
  bytes: 7,
  entry: { record: record() },
} as const;
const failure = { error, attempt: 1, passing: false };
const quarantine = {
  ...failure,
  verdict: 'quarantined',
  skipReason: undefined,
  isNews: true,
} as const;
const over = ['room over a', 'settled a 1'];

test.each<readonly [string, Verdict, readonly string[]]>([
  ['done', { verdict: 'done', outcome }, ['done', ...over]],
  ['needless', { verdict: 'needless' }, over],
  ['waits', { verdict: 'waits' }, []],
  [
    'held',
    { verdict: 'held', change: 'overwrite' },
    ['held a overwrite', 'not mirrored a its overwrite is held by the guard', ...over],
  ],
  [
    'skipped',
    { verdict: 'skipped', reason: 'vanished', detail: 'gone', resumes: false },
    ['skipped a vanished gone', 'not mirrored a gone', ...over],
  ],
  [
    'deferred',
    { verdict: 'deferred', reason: 'delete-withheld', detail: 'not yet' },
    ['skipped a delete-withheld not yet', 'not mirrored a not yet', ...over],
  ],
  ['postponed', { verdict: 'postponed', retry }, []],
  ['failed', { verdict: 'failed', ...failure, retry }, ['delayed a', 'failed a 500']],
  [
    'quarantined',
    { ...quarantine, retry },
    ['not mirrored a broken', 'failed a 500 quarantined', ...over],
  ],
  [
    'quarantined in a one-shot run',
    { ...quarantine, retry: undefined },
    ['not mirrored a broken', 'failed a for good quarantined', ...over],
  ],
  [
    'quarantined again',
    { ...quarantine, isNews: false, retry },
    ['not mirrored a broken', 'delayed a', 'failed a 500', ...over],
  ],
  [
    'quarantined as unsuitable',
    { ...quarantine, skipReason: 'unreadable', retry },
    ['not mirrored a broken', 'skipped a unreadable broken', 'not mirrored a broken', ...over],
  ],
  [
    'quarantined as unsuitable again',
    { ...quarantine, skipReason: 'unreadable', isNews: false, retry },
    ['not mirrored a broken', ...over],
  ],
  [
    'still quarantined',
    {
      verdict: 'still-quarantined',
      quarantined: { reason: 'permission', error: 'EACCES', attempts: 3, sinceMs: 0, version: 'v' },
      retry,
    },
    ['not mirrored a EACCES', 'skipped a unreadable EACCES', ...over],
  ],
  ['target trouble', { verdict: 'target-trouble', error, job: testJob('a') }, []],
  [
    'container trouble',
    { verdict: 'container-trouble', error },
    ['container trouble', 'room over a'],
  ],
  ['stopped', { verdict: 'stopped' }, ['room over a']],
])('job ledger: books the verdict %s', (_title, verdict, expected) => {
  const { log, book } = rig();
  book(verdict);
  expect(log).toEqual(expected);
});

test('job ledger: a run waits for a failed job until it is over, and not for a quarantined one', () => {
  const { book, pending, run } = rig();
  run.awaited.add('a');
  book({ verdict: 'failed', ...failure, retry });
  expect([pending.size, run.awaited.size]).toEqual([1, 1]);
  book({ ...quarantine, retry });
  expect([pending.size, run.awaited.size]).toEqual([0, 0]);
  expect(run.tally.counts.failed).toBe(1);
});

test('job ledger: a run does not wait for what is deferred, which stays undone', () => {
  const { book, pending, run, missed } = rig();
  run.awaited.add('a');
  book({ verdict: 'deferred', reason: 'delete-withheld', detail: 'not yet' });
  expect([pending.size, pending.deferred, run.awaited.size]).toEqual([0, 1, 0]);
  expect(run.tally.counts.skipped).toBe(1);
  expect(missed.missed).toBe(false);
});

test('job ledger: a retry that is due enters the queue', async () => {
  const { book, clock, queued, log } = rig();
  book({ verdict: 'postponed', retry });
  await clock.advance(499);
  expect(queued).toEqual([]);
  await clock.advance(1);
  expect(queued).toEqual([retry.job]);
  expect(log).toEqual([]);
});

test('job ledger: a job with trouble of the target enters the queue at once, with a fault more', () => {
  const { book, queued } = rig();
  book({ verdict: 'target-trouble', error, job: testJob('a') });
  expect(queued).toEqual([testJob('a', { targetFaults: 1 })]);
});

test('job ledger: a superseded retry is dropped once', async () => {
  const { book, clock, pending, waits, queued } = rig();
  book({ verdict: 'failed', ...failure, retry });
  waits.cancel('a');
  await clock.advance(3_600_000);
  expect([queued.length, pending.size, pending.dropped]).toEqual([0, 0, 1]);
});

test('job ledger: a stopped mirror leaves waiting retries undone, but for those of quarantined objects', async () => {
  const { book, clock, log, stop, run } = rig();
  book({ ...quarantine, retry }, testJob('q', { run: run.id }));
  book({ verdict: 'postponed', retry: { job: testJob('w', { run: run.id }), inMs: 500 } });
  log.splice(0);
  stop();
  await clock.advance(0);
  expect(log).toEqual(['room over w']);
});

test('job ledger: a retry beyond the limit of waits is left to a scan, and reported', () => {
  const { book, log, missed } = rig();
  for (let file = 0; file <= 10_000; file += 1)
    book({ verdict: 'postponed', retry: { job: testJob(`f${file}`), inMs: 500 } });
  expect(log).toEqual([
    'not mirrored f10000 it failed, and more objects fail than can wait for a retry',
    'room over f10000',
  ]);
  expect(missed.missed).toBe(true);
});
