import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inTurn, median, quantile } from '../../bench/statistics.js';

const figures = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });

describe('median', () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  test('is NaN without values', () => {
    expect(median([])).toBeNaN();
  });

  test('has as many values below as above, whatever their order', () => {
    fc.assert(
      fc.property(figures, (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(below).toBeLessThanOrEqual(values.length / 2);
        expect(above).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

describe('quantile', () => {
  test.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])('at %d of 1 to 100 is %d', (share, expected) => {
    const values = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect(quantile(values, share)).toBe(expected);
  });

  test('is NaN without values', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('inTurn', () => {
  test('begins each round with the next program, so that none is always first', () => {
    const rounds = [0, 1, 2, 3].map((round) => inTurn(['a', 'b', 'c'], round).join(''));
    expect(rounds).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  test('keeps an empty list empty', () => {
    expect(inTurn([], 5)).toEqual([]);
  });
});
