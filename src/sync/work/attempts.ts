import type { ObjectName } from '../../state/object-index.js';
import type { AttemptParts, JobFacts } from './attempt-parts.js';
import { type AttemptStep, attemptStep } from './attempt-step.js';
import { createBusyFiles } from './busy-files.js';
import { createFailedAttempts } from './failed-attempts.js';
import { type Job, retryOf } from './job.js';
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
  /** Whether nothing is remembered of earlier attempts for this object, and none is to come. */
  isFresh(name: ObjectName): boolean;
  /** Objects that wait for their next attempt and are not quarantined. */
  readonly retrying: number;
  /** A scan of everything begins: see QuarantineSurvey.begin. */
  beginSurvey(): () => void;
}

export function createAttempts(options: AttemptsOptions): Attempts {
  const { parts, perform, facts, quarantine, room, waits } = options;
  const { persistence, clock, drain } = parts;
  const busy = createBusyFiles(clock, parts.settings.settleLimitMs);
  const survey = createQuarantineSurvey(quarantine.all, waits, (name) =>
    enter(name, attemptStep.ended()),
  );
  const judge = createFailedAttempts({ parts, facts, quarantine, enter, room, busy });

  /** The only place that changes what is remembered of an object. Returns what follows. */
  function enter<Follows>(name: ObjectName, { state, follows }: AttemptStep<Follows>): Follows {
    quarantine.set(name, state);
    if (state === undefined) survey.forget(name);
    else survey.seen(name);
    return follows;
  }

  /** The job that is to be tried now, or the verdict that none is. */
  function admit(job: Job): Job | Verdict {
    const known = quarantine.get(job.name);
    const version = known && facts.versionOf(job);
    const asked = { job, version, nowMs: clock.now() };
    return enter(job.name, attemptStep.asked(known, asked, persistence));
  }

  function verdictOn(name: ObjectName, outcome: Outcome): Verdict {
    if (outcome.outcome === 'waits') return { verdict: 'waits' };
    enter(name, attemptStep.ended());
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
      case 'deferred': {
        const { reason, detail } = outcome;
        return { verdict: 'deferred', reason, detail };
      }
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
      const job = admit(found);
      if ('verdict' in job) return job;
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
    isFresh: (name) => quarantine.get(name) === undefined && !waits.has(name) && !busy.has(name),
    get retrying() {
      return waits.count((name) => quarantine.get(name) === undefined);
    },
    beginSurvey: survey.begin,
  };
}
