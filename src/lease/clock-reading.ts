import type { Clock } from '../clock.js';

/** A moment by both clocks of this process: the monotonic one stands still while the machine sleeps, the wall clock can be set. */
export interface ClockReading {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function readClocks(clock: Pick<Clock, 'monotonic' | 'now'>): ClockReading {
  return { monotonicMs: clock.monotonic(), wallMs: clock.now() };
}

/**
 * Whether less than `ms` have passed by both clocks. A wall clock that was set back to before `since` cannot vouch for the
 * time that the machine slept, so it counts as no.
 */
export function isWithin(since: ClockReading, ms: number, now: ClockReading): boolean {
  const wallMs = now.wallMs - since.wallMs;
  return now.monotonicMs - since.monotonicMs < ms && wallMs >= 0 && wallMs < ms;
}
