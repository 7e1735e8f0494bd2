import { systemClock as realClock } from '../../../src/clock.js';
import { orders } from './orders.js';

// Takes the place of src/clock.ts in the torture build: a wall clock that jumps, by hours and in both directions.

export * from '../../../src/clock.js';

const BETWEEN_JUMPS_MS = 1_500;
const HOUR_MS = 3_600_000;
const JUMPS_MS = [0, -HOUR_MS, HOUR_MS, -26 * HOUR_MS, 0, 400 * 24 * HOUR_MS, 20 * 60_000];

/** All threads of a process must agree, so the jumps follow from the seed and the monotonic clock, which they share. */
function jumpMs(): number {
  const period = Number(process.hrtime.bigint() / 1_000_000n / BigInt(BETWEEN_JUMPS_MS));
  return JUMPS_MS[(period + orders.seed) % JUMPS_MS.length] ?? 0;
}

export const systemClock = {
  ...realClock,
  now: () => realClock.now() + (orders.clockJumps ? jumpMs() : 0),
};
