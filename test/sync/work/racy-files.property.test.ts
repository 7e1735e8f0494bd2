import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRacy } from '../../../src/sync/same-stat.js';
import { createRacyFiles } from '../../../src/sync/work/racy-files.js';

const NS_PER_MS = 1_000_000n;

/** What a file system's clock says at a moment of the monotonic clock, both in milliseconds. */
function fileClock(tickMs: number, aheadMs: number) {
  return (atMs: number): bigint =>
    (BigInt(Math.floor(atMs / tickMs) * tickMs) + BigInt(aheadMs)) * NS_PER_MS;
}

const moment = fc.nat(10_000);
const fineTick = fc.integer({ min: 1, max: 10 });
/** A file system with whole or even seconds: its clock is ahead by whole seconds, too. */
const anyClock = fc.oneof(
  fc.record({ tickMs: fineTick, aheadMs: fc.integer({ min: -1e9, max: 1e9 }) }),
  fc.record({
    tickMs: fc.constantFrom(1_000, 2_000),
    aheadMs: fc.integer({ min: -1e6, max: 1e6 }).map((seconds) => seconds * 1_000),
  }),
);

describe('racy files', () => {
  test('P3: a write that comes after the reading of a proven file moves its ctime, however far apart the clocks are', () => {
    fc.assert(
      fc.property(anyClock, moment, moment, moment, ({ tickMs, aheadMs }, wrote, seen, later) => {
        fc.pre(wrote <= seen && seen <= later);
        const now = fileClock(tickMs, aheadMs);
        const ctimeNs = now(wrote);
        const files = createRacyFiles();
        files.seen('a', ctimeNs, seen);
        const hashedAtMs = files.hashedAtMs('a', ctimeNs, Number.NEGATIVE_INFINITY, later);
        if (hashedAtMs === Number.NEGATIVE_INFINITY) return;
        expect(isRacy({ ctimeNs, hashedAtMs })).toBe(false);
        expect(now(later)).toBeGreaterThan(ctimeNs);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a file is proven by a second reading although our clock is a day behind the file system', () => {
    const ctimeNs = 1_764_000_000_123_456_789n;
    const behindMs = 1_764_000_000_000 - 86_400_000;
    const files = createRacyFiles();
    files.seen('a', ctimeNs, 1_000);
    const hashedAtMs = files.hashedAtMs('a', ctimeNs, behindMs, 1_250);
    expect(isRacy({ ctimeNs, hashedAtMs: behindMs })).toBe(true);
    expect(isRacy({ ctimeNs, hashedAtMs })).toBe(false);
  });

  test('the first time that a ctime was seen counts, and another ctime begins again', () => {
    const files = createRacyFiles();
    files.seen('a', 1_001n, 0);
    files.seen('a', 1_001n, 90);
    expect(files.hashedAtMs('a', 1_001n, 0, 40)).toBe(0);
    files.seen('a', 2_002n, 95);
    expect(files.hashedAtMs('a', 2_002n, 0, 120)).toBe(0);
    expect(files.hashedAtMs('a', 2_002n, 0, 146)).toBeGreaterThan(0);
  });

  test('the latest files are remembered, however many there were before', () => {
    const files = createRacyFiles();
    for (let at = 0; at < 30_000; at += 1) files.seen(`f${at}`, 5n, 0);
    expect(files.hashedAtMs('f0', 5n, 0, 1_000)).toBe(0);
    expect(files.hashedAtMs('f29999', 5n, 0, 1_000)).toBeGreaterThan(0);
  });

  test('a file that was not seen counts as hashed when it was', () => {
    const files = createRacyFiles();
    files.seen('other', 5n, 0);
    expect(files.hashedAtMs('a', 5n, 77, 1_000)).toBe(77);
  });
});
