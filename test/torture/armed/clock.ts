import { systemClock as realClock } from '../../../src/clock.js';
import { WRITTEN_BY_MS } from '../../../src/sync/work/second-looks.js';
import { orders } from './orders.js';

// Takes the place of src/clock.ts in the torture build: a wall clock that jumps, by hours and in both directions. A quarter of an
// hour passes sooner for names that changed hands, once no process is left that could write them late.

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
  after: (ms: number, run: () => void) =>
    realClock.after(ms === WRITTEN_BY_MS ? (orders.lateLookMs ?? ms) : ms, run),
};
