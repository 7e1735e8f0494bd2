import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { dueAgeMs, neededBytesPerSecond, passMs } from '../../../src/sync/proof/pace.js';

const DAY = 86_400_000;
const pace = fc.record({
  withinMs: fc.integer({ min: 60_000, max: 400 * DAY }),
  bytesPerSecond: fc.oneof(
    fc.integer({ min: 4096, max: 2 ** 30 }),
    fc.constant(Number.POSITIVE_INFINITY),
  ),
});
const bytes = fc.nat(2 ** 46);

test('pace: what is due at its age is read before the time is over, wherever the bandwidth is enough', async () => {
  await fc.assert(
    fc.property(bytes, pace, (size, given) => {
      const age = dueAgeMs(size, given);
      expect(age).toBeGreaterThanOrEqual(0);
      expect(age).toBeLessThan(given.withinMs);
      if (neededBytesPerSecond(size, given) !== undefined) return;
      expect(age + passMs(size, given)).toBeLessThanOrEqual(given.withinMs);
    }),
  );
});

test('pace: with the needed bandwidth everything is read in time, and with less it is not', async () => {
  await fc.assert(
    fc.property(bytes, pace, (size, given) => {
      const needed = neededBytesPerSecond(size, given);
      if (needed === undefined) {
        expect(passMs(size, given)).toBeLessThanOrEqual(given.withinMs);
        return;
      }
      expect(needed).toBeGreaterThan(given.bytesPerSecond);
      expect(neededBytesPerSecond(size, { ...given, bytesPerSecond: needed })).toBeUndefined();
    }),
  );
});

test('pace: without a limit, or with few bytes, a tenth of the time is kept in reserve', () => {
  expect(dueAgeMs(2 ** 40, { withinMs: 30 * DAY, bytesPerSecond: Infinity })).toBe(27 * DAY);
  expect(dueAgeMs(0, { withinMs: 30 * DAY, bytesPerSecond: 4096 })).toBe(27 * DAY);
});
