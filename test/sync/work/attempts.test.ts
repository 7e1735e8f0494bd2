import { expect, test } from 'vitest';
import {
  ContainerDoesNotExistError,
  ObjectHashMismatchError,
  StorageError,
  TargetUnavailableError,
  ThrottledError,
} from '../../../src/drivers/errors.js';
import { silentLogger } from '../../../src/log.js';
import { openLedger } from '../../../src/state/ledger-file.js';
import { BRISK, PATIENT } from '../../../src/sync/backoff.js';
import { FileChangedError, FileUnreadableError } from '../../../src/sync/file-errors.js';
import {
  type AttemptsListener,
  createAttempts,
  type Persistence,
} from '../../../src/sync/work/attempts.js';
import type { Job } from '../../../src/sync/work/job.js';
import type { Outcome } from '../../../src/sync/work/mirror-context.js';
import { openQuarantine } from '../../../src/sync/work/quarantine.js';
import { createTargetRoom } from '../../../src/sync/work/target-room.js';
import { type FakeClock, fakeClock } from '../../fakes/clock.js';
import { temporaryFolder } from '../../world/folder.js';

const DAEMON: Persistence = { backoff: PATIENT, attempts: 3, forEver: true };
const ONCE: Persistence = { backoff: BRISK, attempts: 3, forEver: false };
const HOUR = 3_600_000;
const mismatch = new ObjectHashMismatchError('a', 'x', 'y', { driver: 'memory' });

/** A folder that lives as long as the test, in which lives follow each other. */
function folder(): string {
  const path = temporaryFolder('attempts');
  return path;
}

/** One life of a mirror's attempts on a real ledger: `outcome` is what each try meets. */
async function live(at: string, clock: FakeClock, persistence: Persistence) {
  const ledger = await openLedger(at, 'm');
  const stop = new AbortController();
  const reports: string[] = [];
  const tries: string[] = [];
  const queued = new Set<Promise<void>>();
  const requeued: Job[] = [];
  const life = { outcome: mismatch as Error | 'done', version: 'v1', isUp: true };
  const say = (what: string) => (job: Job, detail?: unknown) => {
    reports.push([what, job.name, ...(typeof detail === 'string' ? [detail] : [])].join(' '));
  };
  const listener: AttemptsListener = {
    over: say('over'),
    undone: say('undone'),
    notMirrored: () => {},
    dropped: say('dropped'),
    done: say('done'),
    skipped: say('skipped'),
    held: say('held'),
    failed: (job, _error, retryInMs, quarantined, passing) =>
      void reports.push(
        `failed ${job.name} ${retryInMs ?? 'for good'}${quarantined ? ', given up' : ''}${passing ? ', passing' : ''}`,
      ),
    stillQuarantined: say('still given up'),
    containerTrouble: () => void reports.push('container trouble'),
    targetTrouble: () => life.isUp && reports.push('target trouble') > 0,
    forgotten: say('forgotten'),
  };
  const run = (job: Job): Promise<void> => {
    const running = attempts.run(job).finally(() => queued.delete(running));
    queued.add(running);
    return running;
  };
  const quarantine = openQuarantine(ledger, clock, silentLogger);
  const attempts = createAttempts({
    container: 'c',
    perform: async (job): Promise<Outcome> => {
      tries.push(`${job.name} ${job.attempt}`);
      if (life.outcome !== 'done') throw life.outcome;
      return { outcome: 'done', job: 'upload_object', why: 'new', bytes: 0 };
    },
    requeue: async (job) => {
      if (
        !(life.outcome instanceof TargetUnavailableError || life.outcome instanceof ThrottledError)
      )
        return void run(job);
      requeued.push(job);
      reports.push(`requeued ${job.name} ${job.attempt}`);
    },
    versionOf: () => life.version,
    quarantine,
    room: createTargetRoom({
      clock,
      random: () => 0,
      backoff: persistence.backoff,
      patienceMs: Number.POSITIVE_INFINITY,
      mayFindDeletes: () => false,
      isStopped: () => false,
    }),
    sizeOf: () => 0,
    persistence,
    settleMs: 0,
    settleLimitMs: 10_000,
    clock,
    random: () => 0,
    signal: stop.signal,
    listener,
  });
  return {
    life,
    reports,
    tries,
    attempts,
    quarantine,
    find: (name = 'a') =>
      run({
        key: name,
        lane: 'small',
        mirror: 'm',
        name,
        run: 1,
        since: null,
        attempt: 1,
        remote: 'unknown',
        listedIn: 1,
      }),
    /** Runs what was requeued in trouble of the target. */
    goOn: () => Promise.all(requeued.splice(0).map(run)),
    async end() {
      stop.abort(new Error('the life is over'));
      await Promise.all(queued);
      await quarantine.flush();
      await ledger.close();
    },
  };
}

test('an object is tried, ever more seldom, and given up at the limit: then its run no longer waits for it', async () => {
  const clock = fakeClock();
  const { find, reports, tries, attempts, quarantine, end } = await live(folder(), clock, DAEMON);
  await find();
  await clock.advance(500 + 1_000);
  expect(tries).toEqual(['a 1', 'a 2', 'a 3']);
  expect(reports).toEqual(['failed a 500', 'failed a 1000', 'failed a 2000, given up', 'over a']);
  expect(quarantine.get('a')).toMatchObject({
    reason: 'hash-mismatch',
    attempts: 3,
    nextTryMs: clock.now() + 2_000,
  });
  expect(attempts.retrying).toBe(0);
  await clock.advance(100 * HOUR);
  // Half an hour to an hour apart in the end.
  expect(tries.length).toBeGreaterThan(100);
  expect(tries.length).toBeLessThan(300);
  await end();
});

test('a newer job for an object takes the place of the one that waits, which is dropped once', async () => {
  const clock = fakeClock();
  const { life, find, reports, tries, end } = await live(folder(), clock, DAEMON);
  await find();
  life.outcome = 'done';
  await find();
  await clock.advance(HOUR);
  expect(tries).toEqual(['a 1', 'a 1']);
  expect(reports.toSorted()).toEqual(['done a', 'dropped a', 'failed a 500', 'over a']);
  await end();
});

test('what waits when all ends is over, but for what was given up, which was over before', async () => {
  const clock = fakeClock();
  const { find, reports, attempts, end } = await live(folder(), clock, DAEMON);
  await find('given up');
  await clock.advance(500 + 1_000);
  await find('waiting');
  expect(attempts.retrying).toBe(1);
  await end();
  await clock.advance(HOUR);
  expect(reports.filter((line) => /^(over|undone) /.test(line))).toEqual([
    'over given up',
    'undone waiting',
  ]);
});

test('more objects that fail than can wait are left to a scan, and said', async () => {
  const clock = fakeClock();
  const { find, reports, attempts, end } = await live(folder(), clock, DAEMON);
  for (let file = 0; file < 10_001; file += 1) await find(`f${file}`);
  expect(reports.slice(-3)).toEqual(['failed f10000 500', 'forgotten f10000', 'undone f10000']);
  expect(attempts.retrying).toBe(10_000);
  await end();
});

test('a container that is gone is no fault of the object, which is left to the reconcile that follows', async () => {
  const clock = fakeClock();
  const { life, find, reports, tries, quarantine, end } = await live(folder(), clock, DAEMON);
  life.outcome = new ContainerDoesNotExistError('c', { driver: 'memory' });
  await find();
  await clock.advance(HOUR);
  expect(tries).toEqual(['a 1']);
  expect(reports).toEqual(['container trouble', 'undone a']);
  expect(quarantine.all.size).toBe(0);
  await end();
});

test('a file that changes while it is read is tried again sooner than one that fails', async () => {
  const clock = fakeClock();
  const { life, find, reports, end } = await live(folder(), clock, DAEMON);
  life.outcome = new FileChangedError('/x/a');
  await find();
  expect(reports).toEqual(['failed a 100, passing']);
  await end();
});

test('what a one-shot run gives up while it looks at everything is due, and not forgotten', async () => {
  const clock = fakeClock();
  const { find, attempts, quarantine, end } = await live(folder(), clock, ONCE);
  const endSurvey = attempts.beginSurvey();
  await find();
  await clock.advance(10_000);
  endSurvey();
  expect([...quarantine.all.keys()]).toEqual(['a']);
  await end();
});

test('a restart neither forgets what was given up nor tries it sooner', async () => {
  const clock = fakeClock();
  const at = folder();
  const first = await live(at, clock, DAEMON);
  await first.find();
  // The next try is ten minutes and more away.
  await clock.advance(12 * HOUR - 600_000);
  const known = first.quarantine.get('a');
  await first.end();

  for (let restart = 0; restart < 5; restart += 1) {
    const retryOf = await live(at, clock, DAEMON);
    await retryOf.find();
    await clock.advance(60_000);
    expect(retryOf.tries).toEqual([]);
    expect(retryOf.reports).toEqual(['still given up a', 'over a']);
    expect(retryOf.quarantine.get('a')).toEqual(known);
    await retryOf.end();
  }

  const last = await live(at, clock, DAEMON);
  last.life.outcome = 'done';
  await last.find();
  await clock.advance(HOUR);
  expect(last.tries).toEqual([`a ${(known?.attempts ?? 0) + 1}`]);
  expect(last.quarantine.all.size).toBe(0);
  await last.end();
  const clean = await openLedger(at, 'm');
  expect(clean.read().quarantined).toEqual({});
  await clean.close();
});

test('a file that changed is tried at once, from its first attempt', async () => {
  const clock = fakeClock();
  const at = folder();
  const first = await live(at, clock, DAEMON);
  await first.find();
  await clock.advance(12 * HOUR);
  await first.end();
  const second = await live(at, clock, DAEMON);
  second.life.version = 'v2';
  await second.find();
  expect(second.tries).toEqual(['a 1']);
  await second.end();
});

test('a clock that was set back makes no wait longer than the longest', async () => {
  const clock = fakeClock();
  const at = folder();
  const first = await live(at, clock, DAEMON);
  await first.find();
  await clock.advance(12 * HOUR);
  await first.end();
  const second = await live(at, { ...fakeClock(), now: () => clock.now() - 1_000 * HOUR }, DAEMON);
  await second.find();
  expect(second.tries).toHaveLength(1);
  await second.end();
});

test('a one-shot run tries what was given up, writes down what it gives up, and what is due no more is forgotten', async () => {
  const clock = fakeClock();
  const at = folder();
  const daemon = await live(at, clock, DAEMON);
  await Promise.all([daemon.find('a'), daemon.find('b'), daemon.find('c')]);
  await clock.advance(2_000);
  await daemon.end();

  const once = await live(at, clock, ONCE);
  const endSurvey = once.attempts.beginSurvey();
  await once.find('a');
  await clock.advance(10_000);
  expect(once.reports.slice(-2)).toEqual(['failed a for good, given up', 'over a']);
  once.life.outcome = 'done';
  await once.find('b');
  endSurvey();
  expect([...once.quarantine.all]).toEqual([['a', expect.objectContaining({ attempts: 6 })]]);
  await once.end();
});

test('a file that may not be read is left out with its class, and tried again after its own backoff', async () => {
  const clock = fakeClock();
  const { life, find, reports, tries, quarantine, end } = await live(folder(), clock, DAEMON);
  life.outcome = new FileUnreadableError('/x/a', 'EACCES', 'permission denied');
  await find();
  expect(reports).toEqual(['skipped a unreadable', 'over a']);
  expect(quarantine.get('a')?.reason).toBe('permission');
  await clock.advance(HOUR);
  expect(tries.length).toBeGreaterThan(3);
  expect(reports.filter((line) => line.startsWith('skipped'))).toHaveLength(1);
  life.outcome = 'done';
  await clock.advance(HOUR);
  expect(quarantine.all.size).toBe(0);
  await end();
});

test.each([
  new TargetUnavailableError('down', { driver: 'memory' }),
  new ThrottledError('slow down', { driver: 'memory' }),
])('trouble of the target burns no attempt: %s', async (outcome) => {
  const clock = fakeClock();
  const { life, find, reports, quarantine, end } = await live(folder(), clock, DAEMON);
  life.outcome = outcome;
  for (let times = 0; times < 10; times += 1) await find();
  expect(new Set(reports)).toEqual(new Set(['target trouble', 'requeued a 1']));
  expect(quarantine.all.size).toBe(0);
  await end();
});

test('P8: an object at which the target breaks off each time it is up again is given up; a target that is down is not its fault', async () => {
  const clock = fakeClock();
  const { life, find, goOn, reports, quarantine, end } = await live(folder(), clock, DAEMON);
  life.outcome = new TargetUnavailableError('the connection broke', { driver: 'memory' });
  life.isUp = false;
  await find();
  for (let times = 0; times < 10; times += 1) await goOn();
  expect(quarantine.all.size).toBe(0);
  life.isUp = true;
  for (let times = 0; times < 4; times += 1) await goOn();
  expect(reports.filter((line) => !line.startsWith('requeued'))).toEqual([
    ...['target trouble', 'target trouble', 'target trouble'],
    'failed a 500',
  ]);
  await clock.advance(500);
  await goOn();
  await clock.advance(1_000);
  await goOn();
  expect(reports.slice(-2)).toEqual(['failed a 2000, given up', 'over a']);
  expect(quarantine.get('a')).toMatchObject({ reason: 'failing', error: 'the connection broke' });
  await end();
});

test('what is kept is bounded, in memory and in the ledger, and so is each error', async () => {
  const clock = fakeClock();
  const at = folder();
  const { life, find, quarantine, end } = await live(at, clock, DAEMON);
  life.outcome = new StorageError('x'.repeat(10_000), { driver: 'memory' });
  for (let file = 0; file < 1_200; file += 1) await find(`f${file}`);
  expect(quarantine.all.size).toBe(1_000);
  await end();
  const ledger = await openLedger(at, 'm');
  const entries = Object.values(ledger.read().quarantined);
  expect(entries).toHaveLength(1_000);
  expect(Math.max(...entries.map(({ error }) => error.length))).toBe(500);
  await ledger.close();
});

test('attempts: a file that is written to at each look is no news before the settle limit, and then once', async () => {
  const clock = fakeClock();
  const { life, find, reports, end } = await live(folder(), clock, { ...DAEMON, attempts: 1_000 });
  life.outcome = new FileChangedError('a');
  await find();
  await clock.advance(300_000);
  const news = reports.flatMap((line, at) =>
    line.startsWith('failed') && !line.endsWith('passing') ? [at] : [],
  );
  expect(news).toHaveLength(1);
  expect(news[0]).toBeGreaterThan(2);
  await end();
});
