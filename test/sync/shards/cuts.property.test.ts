import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createCutter,
  isEmptyRange,
  isInRange,
  rangeOf,
  weightOf,
} from '../../../src/sync/shards/cuts.js';
import { MOST_SHARDS, parseShard, type Shard } from '../../../src/sync/shards/shard.js';
import { compareNames } from '../../../src/utf8-order.js';
import { anyName } from '../../state/fixtures.js';

const objects = fc
  .uniqueArray(fc.tuple(anyName, fc.nat({ max: 2 ** 40 })), {
    selector: ([name]) => name,
    maxLength: 60,
  })
  .map((all) => all.sort(([a], [b]) => compareNames(a, b)));

function rangesOf(named: readonly (readonly [string, number])[], of: number) {
  const total = named.reduce((sum, [, bytes]) => sum + weightOf(bytes), 0);
  const cutter = createCutter(of, total);
  for (const [name, bytes] of named) cutter.add(name, weightOf(bytes));
  const cuts = cutter.cuts();
  const shards: Shard[] = Array.from({ length: of }, (_, at) => ({ number: at + 1, of }));
  return shards.map((shard) => rangeOf(cuts, shard));
}

test('shards: every name, known or not, is in exactly one shard of any number of them', () => {
  fc.assert(
    fc.property(
      objects,
      fc.array(anyName, { maxLength: 20 }),
      fc.integer({ min: 1, max: 90 }),
      (known, others, of) => {
        const ranges = rangesOf(known, of);
        for (const name of [...known.map(([each]) => each), ...others])
          expect(ranges.filter((range) => isInRange(range, name))).toHaveLength(1);
        for (const range of ranges.filter(isEmptyRange))
          expect(known.some(([name]) => isInRange(range, name))).toBe(false);
      },
    ),
  );
});

test('shards: none is heavier than its share by more than its largest object', () => {
  fc.assert(
    fc.property(objects, fc.integer({ min: 1, max: 20 }), (known, of) => {
      const weights = known.map(([, bytes]) => weightOf(bytes));
      const share = weights.reduce((sum, each) => sum + each, 0) / of;
      const largest = Math.max(0, ...weights);
      for (const range of rangesOf(known, of)) {
        const within = known.filter(([name]) => isInRange(range, name));
        const weight = within.reduce((sum, [, bytes]) => sum + weightOf(bytes), 0);
        expect(weight).toBeLessThanOrEqual((share + largest) * (1 + 1e-9));
      }
    }),
  );
});

test('shards: an empty mirror leaves all names to the last shard', () => {
  const ranges = rangesOf([], 3);
  expect(ranges.map((range) => isInRange(range, 'new'))).toEqual([false, false, true]);
  expect(ranges.map(isEmptyRange)).toEqual([true, true, false]);
});

test('parseShard: takes K/N with K from 1 to N, and N up to the limit', () => {
  expect(parseShard('3/16')).toEqual({ number: 3, of: 16 });
  expect(parseShard('1/1')).toEqual({ number: 1, of: 1 });
  expect(parseShard(`${MOST_SHARDS}/${MOST_SHARDS}`)).toBeDefined();
  for (const text of [
    '0/4',
    '5/4',
    '1/0',
    '-1/4',
    '1',
    '1/',
    '/4',
    '1/4/2',
    ' 1/4',
    '1.5/4',
    '01/4',
  ])
    expect(parseShard(text), text).toBeUndefined();
  expect(parseShard(`1/${MOST_SHARDS + 1}`)).toBeUndefined();
});
