import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TrashLook } from '../../../src/state/ledger.js';
import { isExpired, lookAtClock } from '../../../src/sync/trash/expiry.js';
import { FOLDER_MS } from '../../../src/sync/trash/trash-name.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const KEEP = 30 * DAY;

it('trash expiry: an object is kept for trash_keep and a minute, the time that its folder may be older', () => {
  const now = 1000 * DAY;
  const at = (atMs: number, lastModifiedMs?: number) =>
    isExpired({ atMs, lastModifiedMs }, KEEP, now);
  expect(at(now - KEEP - FOLDER_MS)).toBe(true);
  expect(at(now - KEEP - FOLDER_MS + 1)).toBe(false);
  // Thrown away while our clock stood in 1970: the provider knows better.
  expect(at(0, now - DAY)).toBe(false);
  expect(at(0, now - KEEP - FOLDER_MS)).toBe(true);
  // A local store gives copies the times of their sources.
  expect(at(now - KEEP - FOLDER_MS, 0)).toBe(true);
  expect(at(now - KEEP - FOLDER_MS, now + DAY)).toBe(true);
});

it('trash expiry: nothing expires before its time, whatever the provider’s clock is', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.option(fc.nat(), { nil: undefined }),
      fc.nat(),
      (atMs, lastModifiedMs, now) => {
        if (isExpired({ atMs, lastModifiedMs }, KEEP, now))
          expect(now - atMs).toBeGreaterThanOrEqual(KEEP);
      },
    ),
  );
});

/** Which of the looks at these hours may purge. */
function trustedAt(hours: readonly number[]): number[] {
  let look: TrashLook | undefined;
  return hours.filter((hour) => {
    const looked = lookAtClock(look, hour * HOUR);
    look = looked.look;
    return looked.trusted;
  });
}

it('trash expiry: our clock counts from a day after it was first read', () => {
  expect(trustedAt([100, 101, 123, 124, 125, 149])).toEqual([124, 125, 149]);
});

it('trash expiry: a clock that jumps ahead counts a day later, and never when it goes back before', () => {
  expect(trustedAt([0, 24, 25, 25 + 1000, 25 + 1001, 26, 27, 50, 51])).toEqual([24, 25, 50, 51]);
  expect(trustedAt([0, 24, 25, 25 + 1000, 25 + 1023, 25 + 1024])).toEqual([24, 25, 25 + 1024]);
});

it('trash expiry: a run once a week purges every second time', () => {
  expect(trustedAt([0, 168, 336, 504, 672])).toEqual([168, 504]);
});
