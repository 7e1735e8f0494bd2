/** How long failed objects wait before they are tried again. Milliseconds. */
export interface Backoff {
  readonly firstMs: number;
  readonly limitMs: number;
}

/** In a daemon: an object that cannot be sent is tried until the daemon stops, in the end once an hour. */
export const PATIENT: Backoff = { firstMs: 1_000, limitMs: 3_600_000 };
/** In a one-shot run: a person waits for it. */
export const BRISK: Backoff = { firstMs: 250, limitMs: 5_000 };

/**
 * Exponential, with "equal jitter": half of the wait is fixed and half is random, so that objects that failed together
 * do not come back together, and none comes back at once. `attempt` counts from 1; `random` is in [0, 1).
 */
export function backoffMs(attempt: number, { firstMs, limitMs }: Backoff, random: number): number {
  const full = Math.min(limitMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return full / 2 + (full / 2) * random;
}
