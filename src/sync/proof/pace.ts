/** How fast objects are to be read back. */
export interface ProofPace {
  /** Each object is to be read back at least once within so many milliseconds. */
  readonly withinMs: number;
  /** Infinity: no limit. */
  readonly bytesPerSecond: number;
}

/** A part of `withinMs` that is kept for days on which less is read than could be. */
const RESERVE = 0.1;
/** The time that reading everything takes at the full bandwidth, times this, is kept free: all proofs may have one age. */
const LEEWAY = 1.25;

/** Milliseconds that it takes to read so many bytes. */
export function passMs(bytes: number, { bytesPerSecond }: ProofPace): number {
  return (bytes / bytesPerSecond) * 1000;
}

/**
 * The age of a proof, in milliseconds, from which its object is read again: so late that no more is read than has to be, and so
 * early that everything can be read before the first proof is older than `withinMs`.
 */
export function dueAgeMs(bytes: number, pace: ProofPace): number {
  const { withinMs } = pace;
  const spare = Math.max(RESERVE * withinMs, LEEWAY * passMs(bytes, pace));
  return Math.max(0, withinMs - spare);
}

/** Bytes a second that would be needed to read everything within the time; undefined: the bandwidth is enough. */
export function neededBytesPerSecond(bytes: number, pace: ProofPace): number | undefined {
  if (passMs(bytes, pace) <= pace.withinMs) return undefined;
  return Math.ceil((bytes * 1000) / pace.withinMs);
}
