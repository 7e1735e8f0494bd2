import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curveOf, lagScale, linearScale, logScale, roundTop } from '../../src/page/curves.js';

const FRAME = { width: 190, height: 36 };
const values = fc.array(fc.option(fc.double({ min: 0, noNaN: true })), { maxLength: 160 });

/** Each `x y` of a path that has only absolute points. */
function points(path: string): readonly (readonly [number, number])[] {
  return [...path.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

describe('a curve', () => {
  it('stays inside its frame, whatever the values are', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 1, max: 1e9, noNaN: true }), (series, target) => {
        for (const scale of [
          lagScale(target, FRAME.height),
          linearScale(target, FRAME.height),
          logScale(target, FRAME.height),
        ]) {
          const { line, area, over } = curveOf(series, FRAME, scale, target);
          expect(`${line}${area}${over}`).not.toMatch(/NaN|Infinity/);
          for (const [x, y] of points(line)) {
            expect(x).toBeGreaterThanOrEqual(0);
            expect(x).toBeLessThanOrEqual(FRAME.width);
            expect(y).toBeLessThanOrEqual(FRAME.height);
          }
        }
      }),
    );
  });

  it('is broken where longshore did not run, and is never guessed there', () => {
    const { line } = curveOf([1, 2, null, 3, 4], { width: 4, height: 10 }, (value) => value);
    expect(line).toBe('M0 1 1 2M3 3 4 4');
  });

  it('shows a lone value between two gaps', () => {
    const { line, area } = curveOf([null, 5, null], { width: 2, height: 10 }, (value) => value);
    expect(line).toBe('M1 5h1.5');
    expect(area).toBe('');
  });

  it('is filled above the threshold alone', () => {
    const { over } = curveOf([1, 9, 9, 1], { width: 3, height: 10 }, (value) => value, 5);
    expect(over).toBe('M1 5L1 9 2 9L2 5z');
  });
});

describe('the scale of a lag', () => {
  it('has the target at half the height, so that rows with different targets compare', () => {
    for (const target of [60, 300, 900, 86_400])
      expect(lagScale(target, 36)(target)).toBeCloseTo(18, 9);
  });

  it('ends at a thirtieth and at the twentyfold of the target', () => {
    const scale = lagScale(900, 36);
    expect(scale(0)).toBe(scale(30));
    expect(scale(18_000)).toBeCloseTo(2, 9);
    expect(scale(1e9)).toBeCloseTo(2, 9);
  });
});

describe('the top of an axis of bytes', () => {
  it('is a round number that no value exceeds', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 2 ** 50, noNaN: true }), (rate) => {
        expect(roundTop(rate)).toBeGreaterThanOrEqual(rate);
        expect(roundTop(rate)).toBeLessThanOrEqual(rate * 2.6);
      }),
    );
    expect(roundTop(21_000_000)).toBe(25 * 1024 * 1024);
  });
});
