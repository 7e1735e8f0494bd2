import type { ObjectName } from '../../state/object-index.js';
import type { Job } from '../work/job.js';
import type { Pending } from '../work/pending.js';
import type { JobQueue } from '../work/queue.js';
import type { TargetRoom } from '../work/target-room.js';
import type { Dependents } from './dependents.js';
import type { MirrorStats } from './mirror-stats.js';
import type { Runs } from './runs.js';

/** What the books know a job by. */
export type BookedJob = Pick<Job, 'name' | 'key' | 'run'>;

/** Closes the books of a job that has ended: what is pending, and what the runs wait for. */
export interface OpenJobs {
  /** The object was seen to: done, needless, skipped, held or quarantined. */
  over(job: BookedJob): void;
  /** The same, but its work is still to be done, by a job of a later time. */
  deferred(job: BookedJob): void;
  /** The job ended and was not done. Nothing that waits for its name runs: a scan finds it again. */
  undone(job: BookedJob): void;
  /** The job will never run: another one serves its object, or the queue was cleared. */
  dropped(job: BookedJob): void;
}

export interface OpenJobsOptions {
  readonly queue: Pick<JobQueue<Job>, 'next' | 'has'>;
  readonly pending: Pending;
  readonly runs: Runs;
  readonly stats: Pick<MirrorStats, 'progress'>;
  readonly room: Pick<TargetRoom, 'over'>;
  readonly dependents: Pick<Dependents, 'settled'>;
}

export function createOpenJobs(options: OpenJobsOptions): OpenJobs {
  const { queue, pending, runs, stats, room, dependents } = options;

  /** `settle`: what becomes of the name when no other job sees to it. */
  function ended(job: BookedJob, settle: (name: ObjectName) => void): void {
    room.over(job.name);
    const next = queue.next(job.key);
    if (next === undefined) settle(job.name);
    else pending.replace(job.name, next.since);
    const run = runs.get(job.run);
    if (run) {
      run.work.jobsDone += 1;
      stats.progress(run);
    }
    runs.settled(job.name, next?.run);
  }

  function over(job: BookedJob, settle: (name: ObjectName) => void): void {
    ended(job, (name) => {
      settle(name);
      dependents.settled(name, job.run);
    });
  }

  return {
    over: (job) => over(job, pending.settled),
    deferred: (job) => over(job, pending.defer),
    undone: (job) => ended(job, pending.drop),
    dropped(job) {
      if (queue.has(job.key)) return;
      pending.drop(job.name);
      runs.settled(job.name);
    },
  };
}
