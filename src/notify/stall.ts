import type { Clock } from '../clock.js';

/** What feeds the watchdog. */
export interface WorkProgress {
  /** Work is there that should be moving. Work that waits (for a retry, a person's approval, a target that is down) is not due. */
  readonly due: boolean;
  /**
   * Changes whenever any work moves: bytes read, hashed or sent, entries scanned, jobs ended. It must count bytes and not
   * only whole objects, or a slow upload of a large one looks like a stall.
   */
  readonly steps: number;
}

/** Returns, for each progress that it gets, whether work moves: false when no due work has moved for `limitMs`. */
export function createStallWatch(
  clock: Pick<Clock, 'monotonic'>,
  limitMs: number,
): (progress: WorkProgress) => boolean {
  let steps: number | undefined;
  let movedAtMs = clock.monotonic();
  return (progress) => {
    if (!progress.due || progress.steps !== steps) {
      steps = progress.steps;
      movedAtMs = clock.monotonic();
    }
    return clock.monotonic() - movedAtMs < limitMs;
  };
}
