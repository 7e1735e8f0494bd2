import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { middleOf, openLandmarks } from '../../../src/sync/scan/landmarks.js';

function marksOf(names: readonly string[]) {
  const landmarks = openLandmarks();
  for (const name of names) landmarks.pass(name);
  return landmarks.marks();
}

it('landmarks: give about the middle of any number of names, from one sequence or two', async () => {
  await fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(5000), (count, cut) => {
      const names = Array.from({ length: count }, (_, at) => String(at));
      const middle = Number(middleOf([marksOf(names.slice(0, cut)), marksOf(names.slice(cut))]));
      expect(Math.abs(middle - count / 2)).toBeLessThanOrEqual(1 + count / 64);
    }),
  );
});

it('P7: landmarks: keep no more than a few hundred names', () => {
  const { names, stride, count } = marksOf(Array.from({ length: 100_000 }, (_, at) => String(at)));
  expect(names.length).toBeLessThan(256);
  expect({ count, stride }).toEqual({ count: 100_000, stride: 512 });
});

it('landmarks: have no middle without names', () => {
  expect(middleOf([])).toBeUndefined();
  expect(middleOf([marksOf([])])).toBeUndefined();
});
