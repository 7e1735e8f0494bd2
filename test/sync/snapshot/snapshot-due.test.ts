import { describe, expect, it } from 'vitest';
import { isSnapshotDue } from '../../../src/sync/snapshot/snapshot-due.js';

const HOUR = 3_600_000;
const NOW = 1_763_822_500_000;
const rule = { everyMs: 24 * HOUR, ofSmall: false };
const large = { records: 1_000, bytes: 0 };

describe('isSnapshotDue', () => {
  it.each([
    ['when there was none', undefined, true],
    ['a day after the last one', NOW - 24 * HOUR, true],
    ['a little less than a day after it, as timers are not exact', NOW - 23 * HOUR, true],
    ['half a day after it', NOW - 12 * HOUR, false],
    ['at once after it', NOW, false],
    ['when the last one is in the future, since the clock was set back', NOW + 1, true],
  ])('is asked %s', (_, lastMs, expected) => {
    expect(isSnapshotDue(rule, large, lastMs, NOW)).toBe(expected);
  });

  it.each([
    ['few objects and few bytes', 999, 2 ** 30 - 1, false],
    ['1,000 objects', 1_000, 0, true],
    ['few objects and 1 GiB', 3, 2 ** 30, true],
    ['no object', 0, 2 ** 40, false],
  ])('by default, of a mirror with %s', (_, records, bytes, expected) => {
    expect(isSnapshotDue(rule, { records, bytes }, undefined, NOW)).toBe(expected);
  });

  it('is true of a small mirror whose setting asks for it, and never of one without an object', () => {
    const asked = { ...rule, ofSmall: true };
    expect(isSnapshotDue(asked, { records: 1, bytes: 0 }, undefined, NOW)).toBe(true);
    expect(isSnapshotDue(asked, { records: 0, bytes: 0 }, undefined, NOW)).toBe(false);
  });
});
