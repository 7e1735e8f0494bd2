const LONGEST_SECONDS = 30;

/**
 * Seconds before the next try to reach the daemon: 1, 2, 4 … 30, each shorter by up to a fifth, so that the pages of many
 * readers do not all come at once. `random` returns a number from 0 to below 1.
 */
export function retryWait(failures: number, random: () => number): number {
  const whole = Math.min(LONGEST_SECONDS, 2 ** Math.min(10, Math.max(0, failures)));
  return whole * (1 - 0.2 * random());
}
