import { TargetUnavailableError } from '../../drivers/errors.js';
import type { ObjectName } from '../../state/object-index.js';
import { type Backoff, backoffMs } from '../backoff.js';
import { classify, type Failure, type ObjectFailure } from '../failure.js';
import type { AttemptParts, JobFacts } from './attempt-parts.js';
import type { BusyFiles } from './busy-files.js';
import { detachedRetry, type Job, NO_RUN, retryOf } from './job.js';
import type { Quarantine } from './quarantine.js';
import type { QuarantineSurvey } from './quarantine-survey.js';
import type { TargetRoom } from './target-room.js';
import type { Verdict } from './verdict.js';

/** The verdict on an attempt that met this error. `version`: of the file as it was tried, where that is known. */
export type JudgeFailure = (job: Job, version: string | undefined, error: Error) => Verdict;

export interface FailedAttemptsOptions {
  readonly parts: AttemptParts;
  readonly facts: JobFacts;
  readonly quarantine: Pick<Quarantine, 'get' | 'put'>;
  readonly survey: Pick<QuarantineSurvey, 'seen'>;
  readonly room: Pick<TargetRoom, 'refused'>;
  readonly busy: Pick<BusyFiles, 'isNews'>;
}

/**
 * After this many faults of the target, each right after the target was found to be up, the object counts as the
 * cause.
 */
const TARGET_FAULTS = 3;
const BUSY: Backoff = { firstMs: 200, limitMs: 60_000 };

/**
 * | failure                              | verdict                                                     |
 * | ------------------------------------ | ----------------------------------------------------------- |
 * | target                               | target-trouble                                              |
 * | mirror                               | container-trouble                                           |
 * | full, and waiting may help           | postponed                                                   |
 * | full, and nothing has helped         | container-trouble                                           |
 * | unsuitable, hopeless, or last attempt| quarantined                                                 |
 * | any other of the object              | failed                                                      |
 */
export function createFailedAttempts(options: FailedAttemptsOptions): JudgeFailure {
  const { parts, facts, quarantine, survey, room, busy } = options;
  const { persistence, clock } = parts;

  function isPassing(name: ObjectName, failure: Failure): boolean {
    return failure.kind === 'busy' && !busy.isNews(name);
  }

  function refusedForSpace(job: Job, error: Error): Verdict {
    const inMs = room.refused(job.name, facts.sizeOf(job), error);
    if (inMs === undefined) return { verdict: 'container-trouble', error };
    return { verdict: 'postponed', retry: { job: retryOf(job, job.attempt), inMs } };
  }

  function quarantined(
    job: Job,
    version: string,
    error: Error,
    failure: ObjectFailure,
    inMs: number,
  ): Verdict {
    const before = quarantine.get(job.name);
    const since = before?.version === version ? before : undefined;
    const attempts = persistence.forEver ? job.attempt : (since?.attempts ?? 0) + job.attempt;
    const nowMs = clock.now();
    const isKept = quarantine.put(job.name, {
      reason: failure.class,
      error: error.message,
      attempts,
      sinceMs: since?.sinceMs ?? nowMs,
      nextTryMs: nowMs + inMs,
      version,
      changedAtMs:
        before === undefined ? (job.since?.wallMs ?? null) : (before.changedAtMs ?? before.sinceMs),
    });
    if (isKept) survey.seen(job.name);
    const isUnsuitable = failure.kind === 'unsuitable';
    // An unsuitable file that the quarantine had no space for is found by the next scan.
    const isRetried = persistence.forEver && (isKept || !isUnsuitable);
    return {
      verdict: 'quarantined',
      error,
      attempt: job.attempt,
      skipReason: isUnsuitable ? failure.reason : undefined,
      isNews: since === undefined || job.run !== NO_RUN || !persistence.forEver,
      passing: persistence.forEver && isPassing(job.name, failure),
      retry: isRetried ? { job: detachedRetry(job, job.attempt + 1), inMs } : undefined,
    };
  }

  return (job, version, error) => {
    const failure = failureOf(job, error, parts.settings.container);
    if (failure.kind === 'target')
      return { verdict: 'target-trouble', error, job: retryOf(job, job.attempt) };
    if (failure.kind === 'mirror') return { verdict: 'container-trouble', error };
    if (failure.kind === 'full') return refusedForSpace(job, error);
    const inMs = waitAfter(failure, job.attempt, parts);
    if (isHopeless(failure) || job.attempt >= persistence.attempts)
      return quarantined(job, version ?? facts.versionOf(job), error, failure, inMs);
    const retry = { job: retryOf(job, job.attempt + 1), inMs };
    const passing = isPassing(job.name, failure);
    return { verdict: 'failed', error, attempt: job.attempt, passing, retry };
  };
}

/** A target that serves all other jobs, and breaks off this one each time, has trouble with this object alone. */
function failureOf({ targetFaults = 0 }: Job, error: Error, container: string): Failure {
  const failure = classify(error, container);
  const isOfObject =
    failure.kind === 'target' &&
    targetFaults >= TARGET_FAULTS &&
    error instanceof TargetUnavailableError;
  return isOfObject ? { kind: 'object', class: 'failing', hopeless: false, afterMs: 0 } : failure;
}

function isHopeless(failure: ObjectFailure): boolean {
  return failure.kind === 'unsuitable' || (failure.kind === 'object' && failure.hopeless);
}

/** Milliseconds. */
function waitAfter(
  failure: ObjectFailure,
  attempt: number,
  { settings, persistence, random }: AttemptParts,
): number {
  if (failure.kind === 'busy')
    return Math.max(settings.settleMs, backoffMs(attempt, BUSY, random()));
  return Math.max(
    failure.kind === 'object' ? failure.afterMs : 0,
    backoffMs(attempt, persistence.backoff, random()),
  );
}
