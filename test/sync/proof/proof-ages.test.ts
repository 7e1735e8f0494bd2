import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  ageOf,
  movedToNow,
  NO_BYTES,
  openOldestUnverified,
} from '../../../src/sync/proof/proof-ages.js';

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;

it('counts a proof by its age: up to 7 days, up to 30 days, older, none', () => {
  const ages = [0, 7, 7.001, 30, 30.001].map((days) => ageOf(NOW - days * DAY, NOW));
  expect(ages).toEqual(['within7d', 'within7d', 'within30d', 'within30d', 'older']);
  expect(ageOf(undefined, NOW)).toBe('never');
});

it('moves the bytes of an object that is proven now, and loses none', () => {
  const bytes = { ...NO_BYTES, older: 10, never: 5 };
  expect(movedToNow(bytes, 4, NOW - 40 * DAY, NOW)).toEqual({ ...bytes, older: 6, within7d: 4 });
  expect(movedToNow(bytes, 5, undefined, NOW)).toEqual({ ...bytes, never: 0, within7d: 5 });
});

it('P7: keeps the objects that were sent first, whatever the order, in memory for a few', () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 500 });
  fc.assert(
    fc.property(times, (moments) => {
      const oldest = openOldestUnverified();
      for (const at of moments) oldest.add(`n${at}`, { hashedAtMs: at });
      const expected = moments.toSorted((a, b) => a - b).slice(0, 64);
      expect(oldest.taken()).toEqual(
        expected.map((sentAtMs) => ({ name: `n${sentAtMs}`, sentAtMs })),
      );
    }),
  );
});
