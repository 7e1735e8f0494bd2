import type { Job } from '../work/job.js';
import type { JobQueue } from '../work/queue.js';
import type { TargetHealth } from '../work/target-health.js';
import type { Retry } from '../work/verdict.js';
import type { Waits } from '../work/waits.js';
import type { Dependents } from './dependents.js';
import type { MissedWork } from './missed-work.js';
import type { OpenJobs } from './open-jobs.js';

/** Puts jobs back into the queue, now or later. */
export interface Retries {
  /** This error of the target ended an attempt of the job, which did not count. The queue pauses until the target is up. */
  afterTargetTrouble(job: Job, error: Error): void;
  /** `isOver`: the job that is retried was booked as over, so that no run waits for it. */
  later(retry: Retry, isOver: boolean): void;
}

export interface RetriesOptions {
  readonly queue: Pick<JobQueue<Job>, 'putBack'>;
  readonly health: Pick<TargetHealth, 'report'>;
  readonly waits: Pick<Waits, 'add'>;
  readonly openJobs: Pick<OpenJobs, 'undone' | 'dropped'>;
  readonly dependents: Pick<Dependents, 'notMirrored'>;
  readonly missed: Pick<MissedWork, 'miss'>;
}

export function createRetries(options: RetriesOptions): Retries {
  const { queue, health, waits, openJobs, dependents, missed } = options;
  return {
    afterTargetTrouble(job, error) {
      const { targetFaults = 0 } = job;
      // A target that was known to be in trouble is not a sign that this object is the cause.
      const isNews = health.report(error);
      queue.putBack(
        Object.assign({}, job, { targetFaults: isNews ? targetFaults + 1 : targetFaults }),
      );
    },
    later({ job, inMs }, isOver) {
      const isWaiting = waits.add(job.name, inMs, (end) => {
        if (end === 'due') queue.putBack(job);
        else if (end === 'superseded') openJobs.dropped(job);
        else if (!isOver) openJobs.undone(job);
      });
      if (isWaiting) return;
      missed.miss();
      dependents.notMirrored(
        job.name,
        'it failed, and more objects fail than can wait for a retry',
      );
      if (!isOver) openJobs.undone(job);
    },
  };
}
