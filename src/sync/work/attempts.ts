import type { AttemptParts, JobFacts } from './attempt-parts.js';
import { createBusyFiles } from './busy-files.js';
import { createFailedAttempts } from './failed-attempts.js';
import { detachedRetry, type Job, retryOf } from './job.js';
import type { Outcome } from './outcome.js';
import type { Quarantine } from './quarantine.js';
import { createQuarantineSurvey } from './quarantine-survey.js';
import type { TargetRoom } from './target-room.js';
import type { Verdict } from './verdict.js';
import type { Waits } from './waits.js';

export interface AttemptsOptions {
  readonly parts: AttemptParts;
  readonly perform: (job: Job) => Promise<Outcome>;
  readonly facts: JobFacts;
  readonly quarantine: Quarantine;
  readonly room: Pick<TargetRoom, 'waitFor' | 'refused' | 'fitted' | 'freed'>;
  /** Where the retries of verdicts wait. */
  readonly waits: Pick<Waits, 'cancel' | 'has' | 'count'>;
}

/** Tries jobs. What follows from a try is in its verdict, and happens when that is booked. */
export interface Attempts {
  /** Resolves with the verdict also when the attempt fails. */
  run(job: Job): Promise<Verdict>;
  /** The verdict on a job whose verdict could not be booked because of this error. */
  failed(job: Job, error: unknown): Verdict;
  /** Objects that wait for their next attempt and are not quarantined. */
  readonly retrying: number;
  /** A scan of everything begins: see QuarantineSurvey.begin. */
  beginSurvey(): () => void;
}

export function createAttempts(options: AttemptsOptions): Attempts {
  const { parts, perform, facts, quarantine, room, waits } = options;
  const { persistence, clock, drain } = parts;
  const busy = createBusyFiles(clock, parts.settings.settleLimitMs);
  const survey = createQuarantineSurvey(quarantine, waits);
  const judge = createFailedAttempts({ parts, facts, quarantine, survey, room, busy });

  /** The job that is to be tried now, or the verdict that none is. */
  function admit(job: Job): { readonly job: Job } | Verdict {
    const known = quarantine.get(job.name);
    if (known === undefined) return { job };
    survey.seen(job.name);
    if (job.attempt > 1 || !persistence.forEver || known.version !== facts.versionOf(job))
      return { job };
    const inMs = (known.nextTryMs ?? 0) - clock.now();
    // After the clock was set back, the wait may seem longer than any can be.
    if (inMs <= 0 || inMs > persistence.backoff.limitMs)
      return { job: retryOf(job, known.attempts + 1) };
    const retry = { job: detachedRetry(job, known.attempts + 1), inMs };
    return { verdict: 'still-quarantined', quarantined: known, retry };
  }

  function verdictOn(name: string, outcome: Outcome): Verdict {
    if (outcome.outcome === 'waits') return { verdict: 'waits' };
    quarantine.release(name);
    survey.forget(name);
    busy.over(name);
    switch (outcome.outcome) {
      case 'nothing':
        return { verdict: 'needless' };
      case 'done':
        if (outcome.job === 'delete_object') room.freed();
        else if (outcome.bytes > 0) room.fitted(outcome.bytes);
        return { verdict: 'done', outcome };
      case 'held':
        return { verdict: 'held', change: outcome.change };
      case 'skipped': {
        const { reason, detail, resumes = false } = outcome;
        return { verdict: 'skipped', reason, detail, resumes };
      }
    }
  }

  function failed(job: Job, error: unknown, version?: string): Verdict {
    if (drain.aborted) return { verdict: 'stopped' };
    return judge(job, version, error instanceof Error ? error : new Error(String(error)));
  }

  return {
    async run(found) {
      // A newer job supersedes a retry that waits: the file may have changed since.
      waits.cancel(found.name);
      const admitted = admit(found);
      if ('verdict' in admitted) return admitted;
      const { job } = admitted;
      const inMs = job.lane === 'delete' ? 0 : room.waitFor(job.name, facts.sizeOf(job));
      if (inMs > 0)
        return { verdict: 'postponed', retry: { job: retryOf(job, job.attempt), inMs } };
      // The version before the attempt: a version that the file has afterwards was not tried.
      const version = job.seen ? undefined : facts.versionOf(job);
      try {
        return verdictOn(job.name, await perform(job));
      } catch (error) {
        return failed(job, error, version);
      }
    },
    failed: (job, error) => failed(job, error),
    get retrying() {
      return waits.count((name) => quarantine.get(name) === undefined);
    },
    beginSurvey: survey.begin,
  };
}
