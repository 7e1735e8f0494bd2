/** Upper bounds in seconds of the buckets of durations: from a local disk's answer to an hour. */
export const REQUEST_BOUNDS: readonly number[] = [
  0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
export const JOB_BOUNDS: readonly number[] = [0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600];

/** How many values fell below each bound; the content of one histogram. */
export interface Distribution {
  /** Ascending; a further bucket without a bound follows. */
  readonly bounds: readonly number[];
  /** Not cumulative: one number per bound, and a last one for what lies above all of them. */
  readonly counts: number[];
  sum: number;
}

export function emptyDistribution(bounds: readonly number[]): Distribution {
  return { bounds, counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0 };
}

/** Adds one value. Called for each object and each request: it allocates nothing. */
export function observe(distribution: Distribution, value: number): void {
  const { bounds, counts } = distribution;
  let at = 0;
  while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
  counts[at] = (counts[at] ?? 0) + 1;
  distribution.sum += value;
}
