import { TargetUnavailableError } from '../../drivers/errors.js';
import type { ObjectName } from '../../state/object-index.js';
import { type Backoff, backoffMs } from '../backoff.js';
import { classify, type Failure, type ObjectFailure } from '../failure.js';
import type { AttemptParts, JobFacts } from './attempt-parts.js';
import { type AttemptStep, attemptStep } from './attempt-step.js';
import type { BusyFiles } from './busy-files.js';
import { type Job, retryOf } from './job.js';
import type { Quarantine } from './quarantine.js';
import type { TargetRoom } from './target-room.js';
import type { Verdict } from './verdict.js';

/** The verdict on an attempt that met this error. `version`: of the file as it was tried, where that is known. */
export type JudgeFailure = (job: Job, version: string | undefined, error: Error) => Verdict;

export interface FailedAttemptsOptions {
  readonly parts: AttemptParts;
  readonly facts: JobFacts;
  readonly quarantine: Pick<Quarantine, 'get' | 'fits'>;
  /** Remembers the state of the object. Returns what follows. */
  readonly enter: (name: ObjectName, step: AttemptStep<Verdict>) => Verdict;
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
 * | of the object                        | failed or quarantined: see attemptStep                      |
 */
export function createFailedAttempts(options: FailedAttemptsOptions): JudgeFailure {
  const { parts, facts, quarantine, enter, room, busy } = options;

  function refusedForSpace(job: Job, error: Error): Verdict {
    const inMs = room.refused(job.name, facts.sizeOf(job), error);
    if (inMs === undefined) return { verdict: 'container-trouble', error };
    return { verdict: 'postponed', retry: { job: retryOf(job, job.attempt), inMs } };
  }

  return (job, version = facts.versionOf(job), error) => {
    const failure = failureOf(job, error, parts.settings.container);
    switch (failure.kind) {
      case 'target':
        return { verdict: 'target-trouble', error, job: retryOf(job, job.attempt) };
      case 'mirror':
        return { verdict: 'container-trouble', error };
      case 'full':
        return refusedForSpace(job, error);
    }
    const failed = {
      job,
      error,
      failure,
      version,
      nowMs: parts.clock.now(),
      inMs: waitAfter(failure, job.attempt, parts),
      passing: failure.kind === 'busy' && !busy.isNews(job.name),
      fits: quarantine.fits(job.name),
    };
    return enter(job.name, attemptStep.failed(quarantine.get(job.name), failed, parts.persistence));
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
