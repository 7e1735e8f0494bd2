import type { Quarantined } from '../../state/ledger.js';
import type { ObjectFailure } from '../failure.js';
import type { Persistence } from './attempt-parts.js';
import { detachedRetry, type Job, NO_RUN, retryOf } from './job.js';
import type { Verdict } from './verdict.js';

/** What is remembered of an object between its attempts. Undefined: it is not quarantined. */
export type AttemptState = Quarantined | undefined;

export interface AttemptStep<Follows> {
  readonly state: AttemptState;
  /** The job that is to be tried now, or the verdict that is to be booked; undefined: neither. */
  readonly follows: Follows;
}

/** A job asks for an attempt. */
export interface Asked {
  readonly job: Job;
  /** The version of the file now; see JobFacts. Not needed of an object that is not quarantined. */
  readonly version: string | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** An attempt met an error that concerns this object alone. */
export interface Failed {
  readonly job: Job;
  readonly error: Error;
  readonly failure: ObjectFailure;
  /** The version of the file that was tried. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Milliseconds until the next attempt. */
  readonly inMs: number;
  /** As happens every day, to a file that is being written to. */
  readonly passing: boolean;
  /** Whether the quarantine has room for this object. */
  readonly fits: boolean;
}

/**
 * The life of an object between its attempts, in the order of this table: the first row that applies counts.
 *
 * | state           | event                                         | next state      | what follows                       |
 * | --------------- | --------------------------------------------- | --------------- | ---------------------------------- |
 * | not quarantined | asked                                         | same            | tried                              |
 * | quarantined     | asked by a retry, or in a one-shot run        | same            | tried                              |
 * | quarantined     | asked, and the file has changed               | same            | tried                              |
 * | quarantined     | asked, and its time has come                  | same            | tried, as one attempt more         |
 * | quarantined     | asked                                         | same            | still-quarantined, until its time  |
 * | any             | failed, and other attempts are left           | same            | failed, with a retry               |
 * | any             | failed, and the quarantine has no room        | same            | quarantined; a retry in a daemon,  |
 * |                 |                                               |                 | unless the file is unsuitable      |
 * | any             | failed: hopeless, unsuitable, or often enough | quarantined     | quarantined; a retry in a daemon   |
 * | any             | ended without an error                        | not quarantined |                                    |
 * | quarantined     | a scan of everything found it not to be due   | not quarantined |                                    |
 *
 * Troubles of the target or of the mirror, and a lack of space, change no state: see createFailedAttempts. What waits
 * for a retry is in Waits; a job for the object supersedes the retry that waits.
 */
export const attemptStep = {
  asked(
    state: AttemptState,
    { job, version, nowMs }: Asked,
    { keepsTrying, backoff }: Persistence,
  ): AttemptStep<Job | Verdict> {
    if (state === undefined || job.attempt > 1 || !keepsTrying || state.version !== version)
      return { state, follows: job };
    const inMs = (state.nextTryMs ?? 0) - nowMs;
    // A clock that was set back makes no wait longer than the limit.
    const isTime = inMs <= 0 || inMs > backoff.limitMs;
    if (isTime) return { state, follows: retryOf(job, state.attempts + 1) };
    const retry = { job: detachedRetry(job, state.attempts + 1), inMs };
    return { state, follows: { verdict: 'still-quarantined', quarantined: state, retry } };
  },

  failed(state: AttemptState, event: Failed, persistence: Persistence): AttemptStep<Verdict> {
    const { job, error, failure, inMs, passing } = event;
    const { attempt } = job;
    if (!isHopeless(failure) && attempt < persistence.attempts) {
      const retry = { job: retryOf(job, attempt + 1), inMs };
      return { state, follows: { verdict: 'failed', error, attempt, passing, retry } };
    }
    const isKnown = state !== undefined && state.version === event.version;
    const isUnsuitable = failure.kind === 'unsuitable';
    // An unsuitable file that the quarantine had no room for is found by the next scan.
    const isRetried = persistence.keepsTrying && (event.fits || !isUnsuitable);
    return {
      state: event.fits ? quarantinedBy(state, event, persistence) : state,
      follows: {
        verdict: 'quarantined',
        error,
        attempt,
        skipReason: isUnsuitable ? failure.reason : undefined,
        isNews: !isKnown || job.run !== NO_RUN || !persistence.keepsTrying,
        passing: persistence.keepsTrying && passing,
        retry: isRetried ? { job: detachedRetry(job, attempt + 1), inMs } : undefined,
      },
    };
  },

  /** The object is done, skipped or held, or nothing is due about it. */
  ended: (): AttemptStep<undefined> => ({ state: undefined, follows: undefined }),
};

function quarantinedBy(
  before: AttemptState,
  { job, error, failure, version, nowMs, inMs }: Failed,
  { keepsTrying }: Persistence,
): Quarantined {
  const known = before?.version === version ? before : undefined;
  const changedAtMs =
    before === undefined ? (job.since?.wallMs ?? null) : (before.changedAtMs ?? before.sinceMs);
  return {
    reason: failure.class,
    error: error.message,
    // The jobs of a one-shot run begin with attempt 1, those of a daemon continue to count.
    attempts: keepsTrying ? job.attempt : (known?.attempts ?? 0) + job.attempt,
    sinceMs: known?.sinceMs ?? nowMs,
    nextTryMs: nowMs + inMs,
    version,
    changedAtMs,
  };
}

function isHopeless(failure: ObjectFailure): boolean {
  return failure.kind === 'unsuitable' || (failure.kind === 'object' && failure.hopeless);
}
