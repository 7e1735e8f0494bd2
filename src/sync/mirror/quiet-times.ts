import type { Clock } from '../../clock.js';
import { orAborted } from '../../signal.js';
import type { Job } from '../work/job.js';
import type { JobQueue } from '../work/queue.js';
import type { TargetHealth } from '../work/target-health.js';

export interface QuietTimesOptions {
  readonly queue: Pick<JobQueue<Job>, 'waiting' | 'running' | 'whenIdle'>;
  readonly health: Pick<TargetHealth, 'trouble' | 'whenUp'>;
  /** When the target last throttled, on the monotonic clock; undefined: it has not. */
  readonly throttledAtMs: () => number | undefined;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
}

/** A target that has throttled is left alone for so long. */
const CALM_MS = 60_000;

/**
 * Returns what resolves when a target is up, has not throttled for a while, and has nothing else to do, and at once while that
 * is so. Rejects with the signal's reason.
 */
export function quietTimes({
  queue,
  health,
  throttledAtMs,
  clock,
}: QuietTimesOptions): (signal: AbortSignal) => Promise<void> {
  const untilCalmMs = (): number => {
    const atMs = throttledAtMs();
    return atMs === undefined ? 0 : atMs + CALM_MS - clock.monotonic();
  };
  const isQuiet = (): boolean =>
    queue.waiting + queue.running === 0 && health.trouble === undefined && untilCalmMs() <= 0;
  return async (signal) => {
    while (!isQuiet()) {
      await health.whenUp(signal);
      await orAborted(queue.whenIdle(), signal);
      if (untilCalmMs() > 0) await clock.sleep(untilCalmMs(), signal);
    }
  };
}
