import { expect, test } from 'vitest';
import { backoffMs } from '../../src/sync/backoff.js';

const BACKOFF = { firstMs: 1_000, limitMs: 60_000 };
const waits = (random: number) =>
  [1, 2, 3, 6, 7, 8, 31, 2_000].map((attempt) => backoffMs(attempt, BACKOFF, random));

test('backoff: waits double up to the limit, and half of each is random, so that objects that failed together do not retry together', () => {
  expect(waits(0)).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  expect(waits(0.5)).toEqual([750, 1_500, 3_000, 24_000, 45_000, 45_000, 45_000, 45_000]);
  expect(waits(1)).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
});

test('backoff: a wait without a limit is finite after any number of attempts', () => {
  expect(
    Number.isFinite(backoffMs(5_000, { firstMs: 1_000, limitMs: Number.POSITIVE_INFINITY }, 1)),
  ).toBe(true);
});
