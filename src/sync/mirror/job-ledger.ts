import { skipReasonOf } from '../failure.js';
import type { Job } from '../work/job.js';
import type { Verdict } from '../work/verdict.js';
import type { ContainerTrouble } from './container-trouble.js';
import type { Dependents } from './dependents.js';
import type { HeldChanges } from './held-changes.js';
import type { MirrorStats } from './mirror-stats.js';
import type { MissedWork } from './missed-work.js';
import type { OpenJobs } from './open-jobs.js';
import type { Retries } from './retries.js';
import { countFor, type Runs } from './runs.js';

/** Books what becomes of a mirror's jobs: reports it, counts it for the runs that asked for them, and starts retries. */
export interface JobLedger {
  book(job: Job, verdict: Verdict): void;
  /** The old content of the job's object is about to be replaced, and could not be kept in the trash. */
  notInTrash(job: Job, why: string): void;
  attributesSkipped(job: Job, why: string): void;
}

export interface JobLedgerOptions {
  readonly containerTrouble: Pick<ContainerTrouble, 'report'>;
  readonly held: Pick<HeldChanges, 'add'>;
  readonly stats: Pick<MirrorStats, 'done' | 'failed' | 'skipped'>;
  readonly runs: Pick<Runs, 'get'>;
  readonly openJobs: Pick<OpenJobs, 'over' | 'deferred' | 'undone'>;
  readonly dependents: Pick<Dependents, 'delayed' | 'notMirrored'>;
  readonly retries: Retries;
  readonly missed: Pick<MissedWork, 'miss'>;
}

type VerdictOf<K extends Verdict['verdict']> = Extract<Verdict, { verdict: K }>;

/**
 * | verdict           | reported  | books            | then                                         |
 * | ----------------- | --------- | ---------------- | -------------------------------------------- |
 * | done              | done      | over             |                                              |
 * | needless          |           | over             |                                              |
 * | skipped           | skipped   | over             |                                              |
 * | deferred          | skipped   | deferred         | what deferred it asks for another job        |
 * | held              | held      | over             |                                              |
 * | waits             |           | stay open        | WaitingJobs requeues the job                 |
 * | postponed         |           | stay open        | a retry                                      |
 * | failed            | failed    | stay open        | a retry                                      |
 * | quarantined       | failed or | over             | a retry that no run waits for, in a daemon   |
 * |                   | skipped   |                  |                                              |
 * | still-quarantined | skipped   | over             | a retry that no run waits for                |
 * | target-trouble    |           | stay open        | the job is requeued, the queue pauses        |
 * | container-trouble |           | undone           | the mirror starts again with a reconcile     |
 * | stopped           |           | undone           |                                              |
 */
export function createJobLedger(options: JobLedgerOptions): JobLedger {
  const { stats, openJobs, held, retries } = options;

  return {
    book(job, verdict) {
      switch (verdict.verdict) {
        case 'waits':
          return;
        case 'done':
          bookDone(job, verdict, options);
          return openJobs.over(job);
        case 'needless':
          return openJobs.over(job);
        case 'skipped':
          bookSkipped(job, verdict, options);
          return openJobs.over(job);
        case 'deferred':
          bookSkipped(job, { ...verdict, resumes: true }, options);
          return openJobs.deferred(job);
        case 'held':
          held.add(job, verdict.change);
          return openJobs.over(job);
        case 'postponed':
          return retries.later(verdict.retry, false);
        case 'failed':
          bookFailed(job, verdict, options);
          return retries.later(verdict.retry, false);
        case 'quarantined':
          bookQuarantined(job, verdict, options);
          openJobs.over(job);
          if (verdict.retry !== undefined) retries.later(verdict.retry, true);
          return;
        case 'still-quarantined':
          bookStillQuarantined(job, verdict, options);
          openJobs.over(job);
          return retries.later(verdict.retry, true);
        case 'target-trouble':
          return retries.afterTargetTrouble(verdict.job, verdict.error);
        case 'container-trouble':
          options.containerTrouble.report(verdict.error);
          return openJobs.undone(job);
        case 'stopped':
          return openJobs.undone(job);
      }
    },
    notInTrash(job, why) {
      countFor(options.runs, job.run, 'skipped');
      stats.skipped(job.name, 'not-in-trash', why);
    },
    attributesSkipped(job, why) {
      countFor(options.runs, job.run, 'skipped');
      stats.skipped(job.name, 'attributes-skipped', why);
    },
  };
}

function bookDone(job: Job, { outcome }: VerdictOf<'done'>, { runs, stats }: JobLedgerOptions) {
  const run = runs.get(job.run);
  run?.tally.done(outcome.job, outcome.bytes, outcome.metadata === true);
  if (run) run.work.bytesDone += outcome.bytes;
  stats.done(job, outcome);
}

function bookSkipped(
  { name, run }: Job,
  { reason, detail, resumes }: Omit<VerdictOf<'skipped'>, 'verdict'>,
  { runs, missed, stats, dependents }: JobLedgerOptions,
) {
  countFor(runs, run, 'skipped');
  // The obstacle may go away without a change of the file: only a scan finds the delete then.
  if (reason === 'delete-withheld' && !resumes) missed.miss();
  stats.skipped(name, reason, detail);
  if (reason !== 'not-in-trash') dependents.notMirrored(name, detail);
}

function bookFailed(
  { name }: Job,
  { error, attempt, passing, retry }: VerdictOf<'failed'>,
  { dependents, stats }: JobLedgerOptions,
) {
  dependents.delayed(name);
  stats.failed({ name, error, attempt, retryInMs: retry.inMs, isQuarantined: false, passing });
}

function bookQuarantined(job: Job, verdict: VerdictOf<'quarantined'>, options: JobLedgerOptions) {
  const { error, attempt, skipReason, isNews, passing, retry } = verdict;
  const { dependents, runs, stats } = options;
  const { name } = job;
  dependents.notMirrored(name, error.message);
  if (skipReason !== undefined) {
    if (isNews)
      bookSkipped(job, { reason: skipReason, detail: error.message, resumes: false }, options);
    return;
  }
  const retryInMs = retry?.inMs ?? null;
  if (isNews) countFor(runs, job.run, 'failed');
  else if (retryInMs !== null) dependents.delayed(name);
  stats.failed({ name, error, attempt, retryInMs, isQuarantined: isNews, passing });
}

function bookStillQuarantined(
  { name, run }: Job,
  { quarantined: { reason, error } }: VerdictOf<'still-quarantined'>,
  { dependents, runs, stats }: JobLedgerOptions,
) {
  dependents.notMirrored(name, error);
  const skipReason = skipReasonOf(reason);
  countFor(runs, run, skipReason === undefined ? 'failed' : 'skipped');
  if (skipReason !== undefined) stats.skipped(name, skipReason, error);
}
