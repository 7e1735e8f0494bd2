import type { ThroughputAnswer } from '../status/schema-history.js';
import { movedOn, stepOf } from './lag-ring.js';

/** Content of a target in each of the last sixty minutes. */
export interface ThroughputRing {
  /** The number of the last minute since the epoch; its sums may still grow. */
  readonly lastMinute: number;
  /** Bytes; null: longshore did not run. The last minute is the last element. */
  readonly bytes: readonly (number | null)[];
  /** How often the provider asked for less. */
  readonly throttled: readonly number[];
}

export const MINUTE_SECONDS = 60;
export const MINUTES = 60;

export const EMPTY_THROUGHPUT: ThroughputRing = { lastMinute: 0, bytes: [], throttled: [] };

/** The ring with what has moved up to a moment. Nothing is an amount, too: longshore ran. */
export function withBytes(
  ring: ThroughputRing,
  atMs: number,
  bytes: number,
  throttled: number,
): ThroughputRing {
  const minute = Math.max(ring.lastMinute, stepOf(atMs, MINUTE_SECONDS));
  const sums = [...movedOn(ring.bytes, ring.lastMinute, minute, MINUTES, null)];
  const times = [...movedOn(ring.throttled, ring.lastMinute, minute, MINUTES, 0)];
  sums[sums.length - 1] = (sums.at(-1) ?? 0) + bytes;
  times[times.length - 1] = (times.at(-1) ?? 0) + throttled;
  return { lastMinute: minute, bytes: sums, throttled: times };
}

/** The last hour up to a moment, per second. The minute under way is divided by the seconds that have passed of it. */
export function lastHour(ring: ThroughputRing, nowMs: number): ThroughputAnswer {
  const minute = Math.max(ring.lastMinute, stepOf(nowMs, MINUTE_SECONDS));
  const sums = movedOn(ring.bytes, ring.lastMinute, minute, MINUTES, null);
  const times = movedOn(ring.throttled, ring.lastMinute, minute, MINUTES, 0);
  const before = MINUTES - sums.length;
  const passed = Math.max(1, Math.min(MINUTE_SECONDS, nowMs / 1_000 - minute * MINUTE_SECONDS));
  const perSecond = sums.map((sum, at) =>
    sum === null ? null : Math.round(sum / (at === sums.length - 1 ? passed : MINUTE_SECONDS)),
  );
  return {
    stepSeconds: MINUTE_SECONDS,
    fromMs: (minute - MINUTES + 1) * MINUTE_SECONDS * 1_000,
    bytesPerSecond: [...Array<null>(before).fill(null), ...perSecond],
    throttled: [...Array<number>(before).fill(0), ...times],
  };
}
