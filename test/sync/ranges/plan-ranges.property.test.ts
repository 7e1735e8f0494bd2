import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planRanges } from '../../../src/sync/ranges/plan-ranges.js';

const BLOCK = 4096;
const sizes = fc.array(fc.oneof(fc.nat(10), fc.nat(100_000), fc.constantFrom(BLOCK, 32_768)), {
  minLength: 1,
  maxLength: 12,
});
const most = fc.integer({ min: 1, max: 12 }).map((blocks) => blocks * BLOCK);

test('ranges follow each other to the end of the object, and none is larger than allowed', () => {
  fc.assert(
    fc.property(sizes, most, (contents, limit) => {
      let at = 0;
      for (const { start, end } of planRanges(contents, limit)) {
        expect(start).toBe(at);
        expect(end - start).toBeLessThanOrEqual(limit);
        at = end;
      }
      expect(at).toBe(contents.reduce((sum, size) => sum + size, 0));
    }),
  );
});

test('the pieces of all ranges are the contents, in order, cut behind whole blocks', () => {
  fc.assert(
    fc.property(sizes, most, (contents, limit) => {
      const found: number[] = [];
      let open: number | undefined;
      for (const { start, end, pieces } of planRanges(contents, limit)) {
        let at = 0;
        for (const { content, begin, length, isFirst, isLast } of pieces) {
          expect(begin).toBe(at);
          at += length;
          expect(isFirst).toBe(open === undefined);
          if (isFirst) found[content] = 0;
          found[content]! += length;
          if (!isLast) expect(length % BLOCK).toBe(0);
          open = isLast ? undefined : content;
        }
        expect(at).toBe(end - start);
      }
      expect(open).toBe(undefined);
      expect(found).toEqual(contents);
    }),
  );
});

test('a part that fits is one range, and of parts of one size each is its own where two do not fit', () => {
  const ranges = [...planRanges([5 * BLOCK, 5 * BLOCK, 3 * BLOCK], 8 * BLOCK)];
  expect(ranges.map(({ start, end }) => [start / BLOCK, end / BLOCK])).toEqual([
    [0, 5],
    [5, 13],
  ]);
});
