import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Quarantined } from '../../../src/state/ledger.js';
import type { ObjectFailure } from '../../../src/sync/failure.js';
import type { Persistence } from '../../../src/sync/work/attempt-parts.js';
import {
  type Asked,
  type AttemptState,
  attemptStep,
  type Failed,
} from '../../../src/sync/work/attempt-step.js';
import { NO_RUN } from '../../../src/sync/work/job.js';
import type { Retry, Verdict } from '../../../src/sync/work/verdict.js';
import { testJob } from './test-job.js';

/** Of the verdicts on a failure, the fields that say what comes next. */
type QuarantineOrFailure = Pick<Verdict, 'verdict'> & { retry?: Retry; skipReason?: string };

const backoff = { firstMs: 1_000, limitMs: 3_600_000 };
const DAEMON: Persistence = { backoff, attempts: 3, keepsTrying: true };
const ONCE: Persistence = { backoff, attempts: 3, keepsTrying: false };
const NOW = 1_000_000_000;

const QUARANTINED: Quarantined = {
  reason: 'failing',
  error: 'earlier',
  attempts: 7,
  sinceMs: NOW - 500,
  changedAtMs: NOW - 600,
  nextTryMs: NOW + 5_000,
  version: 'v1',
};
const error = new Error('broken');
const failing: ObjectFailure = { kind: 'object', class: 'failing', hopeless: false, afterMs: 0 };
const hopeless: ObjectFailure = { ...failing, class: 'refused', hopeless: true };
const unsuitable: ObjectFailure = { kind: 'unsuitable', class: 'name', reason: 'name-refused' };

const first = testJob('a');
const third = testJob('a', { attempt: 3, since: { wallMs: NOW - 50, monotonicMs: 0 } });
/** Of no run, as the retries of quarantined objects are. */
const eighth = testJob('a', { attempt: 8, run: NO_RUN });
const tried = (attempt: number) => expect.objectContaining({ name: 'a', attempt });

test.each<readonly [string, AttemptState, Partial<Asked>, Persistence, unknown]>([
  ['an object that is not quarantined', undefined, {}, DAEMON, tried(1)],
  ['a quarantined object by its retry', QUARANTINED, { job: eighth }, DAEMON, tried(8)],
  ['a quarantined object in a one-shot run', QUARANTINED, {}, ONCE, tried(1)],
  ['a quarantined file that changed', QUARANTINED, { version: 'v2' }, DAEMON, tried(1)],
  ['a quarantined object at its time', QUARANTINED, { nowMs: NOW + 5_000 }, DAEMON, tried(8)],
  [
    'a quarantined object whose wait is longer than any can be',
    { ...QUARANTINED, nextTryMs: NOW + backoff.limitMs + 1 },
    {},
    DAEMON,
    tried(8),
  ],
  [
    'a quarantined object without a time',
    { reason: 'failing', error: 'e', attempts: 7, sinceMs: 0, version: 'v1' },
    {},
    DAEMON,
    tried(8),
  ],
])('attempt: is made for %s', (_which, state, event, persistence, follows) => {
  const asked = { job: first, version: 'v1', nowMs: NOW, ...event };
  expect(attemptStep.asked(state, asked, persistence)).toEqual({ state, follows });
});

test('attempt: is not made for a quarantined object before its time, which no run waits for', () => {
  const asked = { job: first, version: 'v1', nowMs: NOW };
  const retry = { job: testJob('a', { attempt: 8, run: NO_RUN }), inMs: 5_000 };
  expect(attemptStep.asked(QUARANTINED, asked, DAEMON)).toEqual({
    state: QUARANTINED,
    follows: { verdict: 'still-quarantined', quarantined: QUARANTINED, retry },
  });
});

/** A failed third attempt on the version that was quarantined before, with a wait of 2 s. */
function fail(state: AttemptState, event: Partial<Failed>, persistence = DAEMON) {
  const failed = { job: third, error, failure: failing, version: 'v1', nowMs: NOW, inMs: 2_000 };
  return attemptStep.failed(
    state,
    { ...failed, passing: false, fits: true, ...event },
    persistence,
  );
}

test.each<readonly [string, AttemptState]>([
  ['stays out of quarantine', undefined],
  ['stays quarantined as it was', QUARANTINED],
])('failed attempt: an object with attempts left %s, and is retried for its run', (_how, state) => {
  const job = testJob('a', { attempt: 2 });
  expect(fail(state, { job: first, passing: true })).toEqual({
    state,
    follows: { verdict: 'failed', error, attempt: 1, passing: true, retry: { job, inMs: 2_000 } },
  });
});

const quarantine = (changes: Partial<Quarantined> = {}): Quarantined => ({
  reason: 'failing',
  error: 'broken',
  attempts: 3,
  sinceMs: NOW,
  nextTryMs: NOW + 2_000,
  version: 'v1',
  changedAtMs: NOW - 50,
  ...changes,
});
const since = { sinceMs: NOW - 500, changedAtMs: NOW - 600 };

test.each<readonly [string, AttemptState, Partial<Failed>, Persistence, AttemptState]>([
  ['after its last attempt', undefined, {}, DAEMON, quarantine()],
  [
    'at once when its failure is hopeless',
    undefined,
    { job: first, failure: hopeless },
    DAEMON,
    quarantine({ reason: 'refused', attempts: 1, changedAtMs: null }),
  ],
  [
    'at once when its file is unsuitable',
    undefined,
    { job: first, failure: unsuitable },
    DAEMON,
    quarantine({ reason: 'name', attempts: 1, changedAtMs: null }),
  ],
  [
    'since it first failed, when the file is the same',
    QUARANTINED,
    { job: eighth },
    DAEMON,
    quarantine({ attempts: 8, ...since }),
  ],
  [
    'again with its new version, and with the time of its oldest change',
    QUARANTINED,
    { version: 'v2' },
    DAEMON,
    quarantine({ version: 'v2', changedAtMs: NOW - 600 }),
  ],
  [
    'with the attempts of earlier one-shot runs',
    QUARANTINED,
    {},
    ONCE,
    quarantine({ attempts: 10, ...since }),
  ],
  ['never where the quarantine is full', undefined, { fits: false }, DAEMON, undefined],
])('failed attempt: an object is quarantined %s', (_when, state, event, persistence, after) => {
  const step = fail(state, event, persistence);
  expect(step.state).toEqual(after);
  expect(step.follows).toMatchObject({ verdict: 'quarantined', error });
});

test.each<readonly [string, AttemptState, Partial<Failed>, Persistence, object]>([
  ['is retried, for no run', undefined, {}, DAEMON, { retry: { inMs: 2_000, job: { run: 0 } } }],
  ['is not retried in a one-shot run', undefined, {}, ONCE, { retry: undefined, isNews: true }],
  ['is retried beyond the quarantine', undefined, { fits: false }, DAEMON, { retry: {} }],
  [
    'is left to a scan beyond the quarantine when it is unsuitable',
    undefined,
    { fits: false, failure: unsuitable },
    DAEMON,
    { retry: undefined },
  ],
  [
    'is skipped for its reason when it is unsuitable',
    undefined,
    { failure: unsuitable },
    DAEMON,
    { skipReason: 'name-refused', retry: { inMs: 2_000 } },
  ],
  ['is news the first time', undefined, { job: eighth }, DAEMON, { isNews: true }],
  ['is no news the next time', QUARANTINED, { job: eighth }, DAEMON, { isNews: false }],
  ['is news to a run that asked', QUARANTINED, {}, DAEMON, { isNews: true }],
  [
    'is news when its file changed',
    QUARANTINED,
    { job: eighth, version: 'v2' },
    DAEMON,
    { isNews: true },
  ],
  ['fails in passing in a daemon', undefined, { passing: true }, DAEMON, { passing: true }],
  ['fails for a person in a one-shot run', undefined, { passing: true }, ONCE, { passing: false }],
])('failed attempt: a quarantined object %s', (_what, state, event, persistence, verdict) => {
  expect(fail(state, event, persistence).follows).toMatchObject(verdict);
});

test('attempt: an object that met no error leaves the quarantine', () => {
  expect(attemptStep.ended()).toEqual({ state: undefined, follows: undefined });
});

test('P8: attempt: in no history is an object that failed left without a retry or a reason', () => {
  const event = fc.record({
    passedMs: fc.nat({ max: backoff.limitMs }),
    version: fc.constantFrom('v1', 'v2'),
    failure: fc.constantFrom(failing, hopeless, unsuitable, undefined),
    inMs: fc.nat({ max: backoff.limitMs }),
    fits: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(event), fc.constantFrom(DAEMON, ONCE), (events, persistence) => {
      let state: AttemptState;
      let job = first;
      let nowMs = NOW;
      for (const { passedMs, version, failure, inMs, ...room } of events) {
        nowMs += passedMs;
        const asked = attemptStep.asked(state, { job, version, nowMs }, persistence).follows;
        // A job that is not tried has a retry that comes no later than the time in the ledger.
        if ('verdict' in asked) {
          expect(asked).toMatchObject({ verdict: 'still-quarantined' });
          expect(nowMs + (asked as { retry: Retry }).retry.inMs).toBe(state?.nextTryMs);
          continue;
        }
        if (failure === undefined) {
          ({ state } = attemptStep.ended());
          job = first;
          continue;
        }
        const fits = state !== undefined || room.fits;
        const failed = { job: asked, error, failure, version, nowMs, inMs, passing: false, fits };
        const step = attemptStep.failed(state, failed, persistence);
        const { verdict, retry, skipReason } = step.follows as QuarantineOrFailure;
        expect(retry !== undefined || verdict === 'quarantined').toBe(true);
        if (retry === undefined && persistence.keepsTrying) expect(skipReason).toBe('name-refused');
        expect(retry?.inMs ?? inMs).toBe(inMs);
        expect(step.state === undefined && state !== undefined).toBe(false);
        ({ state } = step);
        job = retry?.job ?? first;
      }
    }),
  );
});
