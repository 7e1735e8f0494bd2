import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExcludedSample } from '../../../src/state/ledger.js';
import { excludedJump, withExcluded } from '../../../src/sync/mirror/excluded-samples.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const sample = (atMs: number, entries: number, objects = 0) => ({ atMs, entries, objects });

describe('withExcluded', () => {
  it('keeps the first sample of each hour, the one before the day, and the newest', () => {
    const times = [0, 10 * HOUR, 10 * HOUR + 1, 10 * HOUR + 2, 30 * HOUR, 30 * HOUR + 1];
    let samples: readonly ExcludedSample[] = [];
    for (const at of times) samples = withExcluded(samples, sample(at, at));
    expect(samples.map(({ atMs }) => atMs)).toEqual([0, 10 * HOUR, 30 * HOUR, 30 * HOUR + 1]);
    expect(
      withExcluded(samples, sample(40 * HOUR, 1)).map(({ atMs }) => atMs),
      'a day later the first of them is of no use any more',
    ).toEqual([10 * HOUR, 30 * HOUR, 40 * HOUR]);
  });

  it('P7: stays small and in order, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 * DAY }), { maxLength: 300 }), (times) => {
        let samples: readonly ExcludedSample[] = [];
        for (const at of times) {
          samples = withExcluded(samples, sample(at, 1));
          expect(samples.at(-1)?.atMs).toBe(at);
        }
        expect(samples.length).toBeLessThanOrEqual(27);
        expect(samples.map(({ atMs }) => atMs)).toEqual(
          samples.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
        );
      }),
    );
  });
});

describe('excludedJump', () => {
  const NOW = 100 * DAY;
  const before = sample(NOW - 20 * HOUR, 5);

  it('finds that much more than a tenth of the mirror is excluded than within the last day', () => {
    const now = sample(NOW - HOUR, 116);
    expect(excludedJump([before, now], 1_000, NOW)).toEqual({ more: 111, sinceMs: NOW - HOUR });
    expect(excludedJump([before, now], 1_110, NOW), 'a tenth is no jump').toBe(undefined);
  });

  it('sees objects whose files are excluded by one folder', () => {
    const now = sample(NOW, 6, 400);
    expect(excludedJump([before, now], 1_000, NOW)?.more).toBe(400);
  });

  it('compares with what was true when the day began, and forgets the jump after a day', () => {
    const old = sample(NOW - 40 * DAY, 5);
    const jump = sample(NOW - HOUR, 500);
    expect(excludedJump([old, jump], 1_000, NOW)?.sinceMs).toBe(NOW - HOUR);
    expect(excludedJump([old, jump], 1_000, NOW + DAY)).toBe(undefined);
  });

  it('says since when: from the first scan that found it', () => {
    const samples = [before, sample(NOW - 9 * HOUR, 300), sample(NOW - 2 * HOUR, 310)];
    expect(excludedJump(samples, 1_000, NOW)?.sinceMs).toBe(NOW - 9 * HOUR);
  });

  it('is silent about a few entries of a small mirror, about fewer, and about a first scan', () => {
    expect(excludedJump([before, sample(NOW, 14)], 3, NOW)).toBe(undefined);
    expect(excludedJump([sample(NOW - HOUR, 900), sample(NOW, 5)], 1_000, NOW)).toBe(undefined);
    expect(excludedJump([sample(NOW, 900)], 1_000, NOW)).toBe(undefined);
    expect(excludedJump([], 1_000, NOW)).toBe(undefined);
  });
});
