import type { Clock } from '../clock.js';
import { createCondition } from '../condition.js';
import { MOST_JOBS } from '../config/queue.js';
import { childController } from '../signal.js';
import type { JobsUnderWay } from './jobs-under-way.js';

/** How many jobs may be under way. */
export interface Places {
  /** Of the mirror, now. */
  free(mirror: string): number;
  /** See Dispatcher.awaitPlace. */
  whenFree(mirror: string, ms: number, signal: AbortSignal): Promise<boolean>;
  /** Redis has no room for another job now. */
  full(): void;
  /** A job has ended, or workers have come or gone. */
  changed(): void;
}

export interface PlacesOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly jobs: Pick<JobsUnderWay, 'of' | 'all'>;
  /** Jobs that the workers of a mirror can do at once; 0: no job of it may be added now. */
  readonly jobsAtOnce: (mirror: string) => number;
}

/** After a job that found Redis full. */
const FULL_MS = 10_000;
/** One that a worker does, and one that waits for it. */
const PLACES_PER_JOB = 2;

export function createPlaces({ clock, jobs, jobsAtOnce }: PlacesOptions): Places {
  const { wait, notifyAll } = createCondition();
  let fullUntilMs = Number.NEGATIVE_INFINITY;
  /** Mirrors for which a wait was in vain, until a place was free again: their workers are slow, or silent. */
  const slow = new Set<string>();

  function places(mirror: string): number {
    const isFull = clock.monotonic() < fullUntilMs;
    return isFull ? 0 : Math.min(PLACES_PER_JOB * jobsAtOnce(mirror), MOST_JOBS);
  }

  function free(mirror: string): number {
    const left = places(mirror) - jobs.of(mirror).length;
    return Math.max(0, Math.min(left, MOST_JOBS - jobs.all().length));
  }

  return {
    free,
    async whenFree(mirror, ms, signal) {
      if (places(mirror) === 0 || slow.has(mirror)) return false;
      const { controller, unlink } = childController(signal);
      const cancel = clock.after(ms, () => controller.abort());
      try {
        await wait(controller.signal);
        return true;
      } catch {
        signal.throwIfAborted();
        slow.add(mirror);
        return false;
      } finally {
        cancel();
        unlink();
      }
    },
    full() {
      fullUntilMs = clock.monotonic() + FULL_MS;
      notifyAll();
    },
    changed() {
      for (const mirror of slow) if (free(mirror) > 0) slow.delete(mirror);
      notifyAll();
    },
  };
}
