import type { Clock } from '../../clock.js';
import type { Job } from '../work/job.js';
import type { Pending } from '../work/pending.js';
import { removeTogether, type TogetherContext } from '../work/remove-together.js';
import type { TargetRoom } from '../work/target-room.js';
import type { ContainerTrouble } from './container-trouble.js';
import type { MirrorStats } from './mirror-stats.js';
import type { OpenJobs } from './open-jobs.js';
import type { Runs } from './runs.js';

/** Runs many deletes together, and books those that were made. Never rejects. Resolves with those that are to run alone. */
export type DeleteRoad = (jobs: readonly Job[]) => Promise<readonly Job[]>;

export interface DeleteRoadOptions {
  readonly context: TogetherContext;
  readonly stats: Pick<MirrorStats, 'batchStarted' | 'done'>;
  readonly runs: Pick<Runs, 'get' | 'changed'>;
  readonly pending: Pick<Pending, 'add'>;
  readonly openJobs: Pick<OpenJobs, 'over' | 'undone'>;
  readonly room: Pick<TargetRoom, 'freed'>;
  readonly containerTrouble: Pick<ContainerTrouble, 'error' | 'report'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Aborted: what runs is dropped. */
  readonly interrupt: AbortSignal;
}

export function createDeleteRoad(options: DeleteRoadOptions): DeleteRoad {
  const { context, stats, runs, pending, openJobs, room, containerTrouble, clock } = options;

  function book(job: Job, startedMs: number): void {
    runs.get(job.run)?.tally.done('delete_object', 0);
    stats.done(job, { job: 'delete_object', why: 'gone', bytes: 0, startedMs });
    openJobs.over(job);
  }

  /** Whatever is thrown for one job, the others are booked. */
  function bookAll(jobs: readonly Job[], startedMs: number): void {
    if (jobs.length > 0) room.freed();
    for (const job of jobs) {
      try {
        book(job, startedMs);
      } catch (error) {
        // The index could not be read, which concerns the whole mirror.
        openJobs.undone(job);
        containerTrouble.report(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  return async (jobs) => {
    if (containerTrouble.error !== undefined) return jobs;
    const startedMs = clock.monotonic();
    for (const { name, since } of jobs)
      pending.add(name, since, { job: 'delete_object', bytes: 0 });
    const files = jobs.map(({ name }) => ({ path: name, size: 0 }));
    const ended = stats.batchStarted(files, 'delete_object');
    const { removed, alone } = await removeTogether(jobs, context, options.interrupt);
    // Also of those that failed: the request may have succeeded, and its response may be lost.
    for (const { name, run } of jobs) runs.changed(name, run);
    ended();
    bookAll(removed, startedMs);
    return alone;
  };
}
