import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TrashLook } from '../../../src/state/ledger.js';
import { isExpired, lookAtClock } from '../../../src/sync/trash/expiry.js';
import { FOLDER_MS } from '../../../src/sync/trash/trash-name.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const KEEP = 30 * DAY;

it('something is kept for as long as is said, and a minute more, as its folder was opened before it came', () => {
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

it('nothing is expired before its time, whatever the provider says', () => {
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

it('the first look believes nothing; a day later the clock is believed', () => {
  expect(trustedAt([100, 101, 123, 124, 125, 149])).toEqual([124, 125, 149]);
});

it('a clock that leaps ahead is believed a day later, and not at all when it goes back before that', () => {
  expect(trustedAt([0, 24, 25, 25 + 1000, 25 + 1001, 26, 27, 50, 51])).toEqual([24, 25, 50, 51]);
  expect(trustedAt([0, 24, 25, 25 + 1000, 25 + 1023, 25 + 1024])).toEqual([24, 25, 25 + 1024]);
});

it('a run once a week purges every other time', () => {
  expect(trustedAt([0, 168, 336, 504, 672])).toEqual([168, 504]);
});
