import type { Clock } from '../clock.js';

/**
 * A moment by both clocks; plain JSON. The monotonic clock stands still while the machine sleeps, and the other one may
 * be set back: the age of a moment is what the one says that shows more of it.
 */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly wallMs: number;
  /** Milliseconds of this process's monotonic clock; below 0 for what was before. */
  readonly monotonicMs: number;
}

type Clocks = Pick<Clock, 'now' | 'monotonic'>;

export function momentNow(clock: Clocks): Moment {
  return { wallMs: clock.now(), monotonicMs: clock.monotonic() };
}

/** A moment that the monotonic clock of this process was read at. */
export function momentAt(monotonicMs: number, clock: Clocks): Moment {
  return { wallMs: clock.now() - Math.max(0, clock.monotonic() - monotonicMs), monotonicMs };
}

/** A moment that was written down; one that seems to be in the future is now. */
export function momentOfEpoch(epochMs: number, clock: Clocks): Moment {
  return momentAt(clock.monotonic() - Math.max(0, clock.now() - epochMs), clock);
}

/** Milliseconds; never below 0. */
export function ageMs({ wallMs, monotonicMs }: Moment, clock: Clocks): number {
  return Math.max(0, clock.now() - wallMs, clock.monotonic() - monotonicMs);
}

export function isOlder(a: Moment, b: Moment): boolean {
  return a.monotonicMs < b.monotonicMs;
}

/** When something changed; null: that is not known, and may be long ago. */
export type Since = Moment | null;

/** The one that is longer ago; what is not known may be longer ago than any. */
export function older(a: Since, b: Since): Since {
  if (a === null || b === null) return null;
  return isOlder(b, a) ? b : a;
}

/** Undefined where there is none. */
export function oldest(moments: Iterable<Since>): Since | undefined {
  let found: Since | undefined;
  for (const moment of moments) found = found === undefined ? moment : older(found, moment);
  return found;
}
