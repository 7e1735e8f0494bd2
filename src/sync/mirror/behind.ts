import type { Clock } from '../../clock.js';

/** The lag looks at everything that waits, and the state is asked for with each job. */
const VALID_MS = 1_000;

/**
 * Returns a function that says why a mirror is behind; undefined: it is not, or its lag is not known. The lag is worked out at
 * most once a second. `maxLagMs` 0: never behind.
 */
export function createBehind(
  maxLagMs: number,
  clock: Pick<Clock, 'monotonic'>,
): (lagSeconds: () => number | null) => string | undefined {
  let why: string | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return (lagSeconds) => {
    if (maxLagMs === 0 || clock.monotonic() - askedAtMs < VALID_MS) return why;
    askedAtMs = clock.monotonic();
    const lag = lagSeconds();
    why =
      lag !== null && lag > maxLagMs / 1_000
        ? `the oldest change waits for longer than ${maxLagMs / 1_000} s (max_lag)`
        : undefined;
    return why;
  };
}
