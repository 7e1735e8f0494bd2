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
import type { Persistence } from '../../../src/sync/work/attempt-parts.js';
import { createAttempts } from '../../../src/sync/work/attempts.js';
import type { Job } from '../../../src/sync/work/job.js';
import type { Outcome } from '../../../src/sync/work/outcome.js';
import { openQuarantine } from '../../../src/sync/work/quarantine.js';
import { createTargetRoom } from '../../../src/sync/work/target-room.js';
import type { Verdict } from '../../../src/sync/work/verdict.js';
import { createWaits } from '../../../src/sync/work/waits.js';
import { type FakeClock, fakeClock } from '../../fakes/clock.js';
import { record } from '../../state/fixtures.js';
import { temporaryFolder } from '../../world/folder.js';
import { testJob } from './test-job.js';

const DAEMON: Persistence = { backoff: PATIENT, attempts: 3, keepsTrying: true };
const ONCE: Persistence = { backoff: BRISK, attempts: 3, keepsTrying: false };
const HOUR = 3_600_000;
const mismatch = new ObjectHashMismatchError('a', 'x', 'y', { driver: 'memory' });

/** A folder that lives as long as the test, for lives that follow each other. */
function folder(): string {
  return temporaryFolder('attempts');
}

function isTargetTrouble(outcome: Error | 'done'): boolean {
  return outcome instanceof TargetUnavailableError || outcome instanceof ThrottledError;
}

/** A verdict in one line. */
function lineOf(name: string, verdict: Verdict): string {
  const retry = 'retry' in verdict ? verdict.retry : undefined;
  const flags = [
    'skipReason' in verdict ? verdict.skipReason : undefined,
    'isNews' in verdict && !verdict.isNews ? 'no news' : undefined,
    'passing' in verdict && verdict.passing ? 'passing' : undefined,
  ].filter((flag) => flag !== undefined);
  return [
    `${verdict.verdict} ${name}`,
    ...('retry' in verdict ? [retry?.inMs ?? 'for good'] : []),
    ...flags,
  ].join(' ');
}

/** One life of a mirror's attempts on a real ledger: `outcome` is what each try meets. Retries run when they are due. */
async function live(at: string, clock: FakeClock, persistence: Persistence) {
  const ledger = await openLedger(at, 'm');
  const stop = new AbortController();
  const verdicts: string[] = [];
  const tries: string[] = [];
  const queued = new Set<Promise<void>>();
  const requeued: Job[] = [];
  const life = { outcome: mismatch as Error | 'done', version: 'v1', isUp: true };
  const waits = createWaits(clock, stop.signal);
  const requeue = async (job: Job): Promise<void> => {
    if (isTargetTrouble(life.outcome)) requeued.push(job);
    else void run(job);
  };
  const follow = async (job: Job): Promise<void> => {
    const verdict = await attempts.run(job);
    verdicts.push(lineOf(job.name, verdict));
    if (verdict.verdict === 'target-trouble') {
      const { targetFaults = 0 } = verdict.job;
      requeued.push({ ...verdict.job, targetFaults: targetFaults + (life.isUp ? 1 : 0) });
    }
    const retry = 'retry' in verdict ? verdict.retry : undefined;
    if (retry)
      waits.add(job.name, retry.inMs, (end) => {
        if (end === 'due') void requeue(retry.job);
      });
  };
  const run = (job: Job): Promise<void> => {
    const running = follow(job).finally(() => queued.delete(running));
    queued.add(running);
    return running;
  };
  const quarantine = openQuarantine(ledger, clock, silentLogger);
  const attempts = createAttempts({
    parts: {
      settings: { container: 'c', settleMs: 0, settleLimitMs: 10_000 },
      persistence,
      clock,
      random: () => 0,
      drain: stop.signal,
    },
    perform: async (job): Promise<Outcome> => {
      tries.push(`${job.name} ${job.attempt}`);
      if (life.outcome !== 'done') throw life.outcome;
      return {
        outcome: 'done',
        job: 'upload_object',
        why: 'new',
        bytes: 0,
        entry: { record: record() },
      };
    },
    facts: { versionOf: () => life.version, sizeOf: () => 0 },
    quarantine,
    room: createTargetRoom({
      clock,
      random: () => 0,
      backoff: persistence.backoff,
      patienceMs: Number.POSITIVE_INFINITY,
      mayFindDeletes: () => false,
      isStopped: () => false,
    }),
    waits,
  });
  return {
    life,
    verdicts,
    tries,
    attempts,
    quarantine,
    find: (name = 'a') => run(testJob(name)),
    /** Runs the jobs that trouble of the target stopped. */
    goOn: () => Promise.all(requeued.splice(0).map(run)),
    stop: () => stop.abort(new Error('the life is over')),
    async end() {
      stop.abort(new Error('the life is over'));
      await Promise.all(queued);
      await quarantine.flush();
      await ledger.close();
    },
  };
}

test('attempts: an object is tried increasingly seldom, and quarantined after the last attempt', async () => {
  const clock = fakeClock();
  const { find, verdicts, tries, attempts, quarantine, end } = await live(folder(), clock, DAEMON);
  await find();
  await clock.advance(500 + 1_000);
  expect(tries).toEqual(['a 1', 'a 2', 'a 3']);
  expect(verdicts).toEqual(['failed a 500', 'failed a 1000', 'quarantined a 2000']);
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

test('attempts: a newer job for an object supersedes the retry that waits', async () => {
  const clock = fakeClock();
  const { life, find, verdicts, tries, attempts, end } = await live(folder(), clock, DAEMON);
  await find();
  expect(attempts.retrying).toBe(1);
  life.outcome = 'done';
  await find();
  await clock.advance(HOUR);
  expect(tries).toEqual(['a 1', 'a 1']);
  expect(verdicts).toEqual(['failed a 500', 'done a']);
  await end();
});

test('attempts: an attempt that fails because the mirror is stopped is no failure of the object', async () => {
  const clock = fakeClock();
  const { find, verdicts, quarantine, stop, end } = await live(folder(), clock, DAEMON);
  const found = find();
  stop();
  await found;
  expect(verdicts).toEqual(['stopped a']);
  expect(quarantine.all.size).toBe(0);
  await end();
});

test('attempts: a container that is gone is no failure of the object', async () => {
  const clock = fakeClock();
  const { life, find, verdicts, tries, quarantine, end } = await live(folder(), clock, DAEMON);
  life.outcome = new ContainerDoesNotExistError('c', { driver: 'memory' });
  await find();
  await clock.advance(HOUR);
  expect(tries).toEqual(['a 1']);
  expect(verdicts).toEqual(['container-trouble a']);
  expect(quarantine.all.size).toBe(0);
  await end();
});

test('attempts: a file that changes while it is read is tried again sooner than one that fails', async () => {
  const clock = fakeClock();
  const { life, find, verdicts, end } = await live(folder(), clock, DAEMON);
  life.outcome = new FileChangedError('/x/a');
  await find();
  expect(verdicts).toEqual(['failed a 100 passing']);
  await end();
});

test('quarantine survey: keeps an object that was quarantined since the scan began', async () => {
  const clock = fakeClock();
  const { find, attempts, quarantine, end } = await live(folder(), clock, ONCE);
  const endSurvey = attempts.beginSurvey();
  await find();
  await clock.advance(10_000);
  endSurvey();
  expect([...quarantine.all.keys()]).toEqual(['a']);
  await end();
});

test('attempts: a restart neither forgets a quarantined object nor tries it sooner', async () => {
  const clock = fakeClock();
  const at = folder();
  const first = await live(at, clock, DAEMON);
  await first.find();
  // The next try is ten minutes and more away.
  await clock.advance(12 * HOUR - 600_000);
  const known = first.quarantine.get('a');
  await first.end();

  for (let restart = 0; restart < 5; restart += 1) {
    const next = await live(at, clock, DAEMON);
    await next.find();
    const waitMs = (known?.nextTryMs ?? 0) - clock.now();
    await clock.advance(60_000);
    expect(next.tries).toEqual([]);
    expect(next.verdicts).toEqual([`still-quarantined a ${waitMs}`]);
    expect(next.quarantine.get('a')).toEqual(known);
    await next.end();
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

test('attempts: a quarantined file that changed is tried at once, from its first attempt', async () => {
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

test('attempts: a clock that was set back makes no wait longer than the limit', async () => {
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

test('attempts: a one-shot run tries quarantined objects, and releases those that are not due any more', async () => {
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
  expect(once.verdicts.at(-1)).toBe('quarantined a for good');
  once.life.outcome = 'done';
  await once.find('b');
  endSurvey();
  expect([...once.quarantine.all]).toEqual([['a', expect.objectContaining({ attempts: 6 })]]);
  await once.end();
});

test('attempts: an unreadable file is quarantined with its class at once, and tried again after the backoff', async () => {
  const clock = fakeClock();
  const { life, find, verdicts, tries, quarantine, end } = await live(folder(), clock, DAEMON);
  life.outcome = new FileUnreadableError('/x/a', 'EACCES', 'permission denied');
  await find();
  expect(verdicts).toEqual(['quarantined a 500 unreadable']);
  expect(quarantine.get('a')?.reason).toBe('permission');
  await clock.advance(HOUR);
  expect(tries.length).toBeGreaterThan(3);
  expect(verdicts.filter((line) => !line.endsWith('no news'))).toHaveLength(1);
  life.outcome = 'done';
  await clock.advance(HOUR);
  expect(quarantine.all.size).toBe(0);
  await end();
});

test.each([
  new TargetUnavailableError('down', { driver: 'memory' }),
  new ThrottledError('slow down', { driver: 'memory' }),
])('attempts: trouble of the target does not count as an attempt: %s', async (outcome) => {
  const clock = fakeClock();
  const { life, find, verdicts, tries, quarantine, end } = await live(folder(), clock, DAEMON);
  life.outcome = outcome;
  for (let times = 0; times < 10; times += 1) await find();
  expect(new Set(verdicts)).toEqual(new Set(['target-trouble a']));
  expect(new Set(tries)).toEqual(new Set(['a 1']));
  expect(quarantine.all.size).toBe(0);
  await end();
});

test('P8: an object is quarantined after the target broke off at it each time it was up; not for a target that is down', async () => {
  const clock = fakeClock();
  const { life, find, goOn, verdicts, quarantine, end } = await live(folder(), clock, DAEMON);
  life.outcome = new TargetUnavailableError('the connection broke', { driver: 'memory' });
  life.isUp = false;
  await find();
  for (let times = 0; times < 10; times += 1) await goOn();
  expect(quarantine.all.size).toBe(0);
  expect(new Set(verdicts.splice(0))).toEqual(new Set(['target-trouble a']));
  life.isUp = true;
  for (let times = 0; times < 4; times += 1) await goOn();
  expect(verdicts).toEqual([
    ...['target-trouble a', 'target-trouble a', 'target-trouble a'],
    'failed a 500',
  ]);
  await clock.advance(500);
  await goOn();
  await clock.advance(1_000);
  await goOn();
  expect(verdicts.at(-1)).toBe('quarantined a 2000');
  expect(quarantine.get('a')).toMatchObject({ reason: 'failing', error: 'the connection broke' });
  await end();
});

test('quarantine: the number of objects and the length of each error are bounded, in memory and in the ledger', async () => {
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

test('attempts: a file that changes during each read is reported once, after the settle limit', async () => {
  const clock = fakeClock();
  const { life, find, verdicts, end } = await live(folder(), clock, { ...DAEMON, attempts: 1_000 });
  life.outcome = new FileChangedError('a');
  await find();
  await clock.advance(300_000);
  const news = verdicts.flatMap((line, at) =>
    line.startsWith('failed') && !line.endsWith('passing') ? [at] : [],
  );
  expect(news).toHaveLength(1);
  expect(news[0]).toBeGreaterThan(2);
  await end();
});
