import type { LagAnswer } from '../status/schema-history.js';

/** Maxima of the lag in steps of ten minutes, over a day. A step without a value: longshore did not run, or did not know. */
export interface LagRing {
  /** The number of the last step since the epoch; its values may still grow. */
  readonly lastStep: number;
  /** Seconds; the last step is the last element. */
  readonly max: readonly (number | null)[];
}

export const STEP_SECONDS = 600;
export const STEPS = 144;

export const EMPTY_LAGS: LagRing = { lastStep: 0, max: [] };

/** The step that a moment is in. */
export function stepOf(atMs: number, seconds = STEP_SECONDS): number {
  return Math.floor(atMs / (seconds * 1_000));
}

/** `values` with `missing` for the steps up to `step` that have passed since `lastStep`; no more than `size` of them. */
export function movedOn<T>(
  values: readonly T[],
  lastStep: number,
  step: number,
  size: number,
  missing: T,
): readonly T[] {
  const passed = values.length === 0 ? 1 : step - lastStep;
  if (passed <= 0) return values;
  const gap = Array<T>(Math.min(size, passed)).fill(missing);
  return [...values, ...gap].slice(-size);
}

/**
 * The ring with the lag at a moment; null: it is not known. A clock that was set back adds to the last step, so that the ring
 * never goes back in time.
 */
export function withLag(ring: LagRing, atMs: number, lagSeconds: number | null): LagRing {
  const step = Math.max(ring.lastStep, stepOf(atMs));
  const max = [...movedOn(ring.max, ring.lastStep, step, STEPS, null)];
  if (lagSeconds !== null)
    max[max.length - 1] = Math.max(max.at(-1) ?? 0, Math.max(0, Math.floor(lagSeconds)));
  return { lastStep: step, max };
}

/** The last day up to a moment, with nulls for what is not known: `fromMs` is the begin of the first step. */
export function lastDay(ring: LagRing, nowMs: number): LagAnswer {
  const step = Math.max(ring.lastStep, stepOf(nowMs));
  const known = movedOn(ring.max, ring.lastStep, step, STEPS, null);
  const before = Array<null>(STEPS - known.length).fill(null);
  return {
    stepSeconds: STEP_SECONDS,
    fromMs: (step - STEPS + 1) * STEP_SECONDS * 1_000,
    max: [...before, ...known],
  };
}
