import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareNames, isWellFormed, sortNames } from '../src/utf8-order.js';

/** Names with characters from everywhere, and often from where UTF-16 and UTF-8 order differently. */
const anyName = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom(
      'a',
      '/',
      '-',
      '\ud7ff',
      '\ue000',
      '\ufffd',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
      '😀',
      'é',
      'e\u0301',
    ),
  ),
  maxLength: 6,
});

it('orders names as their UTF-8 bytes', () => {
  fc.assert(
    fc.property(anyName, anyName, anyName, (shared, a, b) => {
      const [x, y] = [shared + a, shared + b];
      expect(Math.sign(compareNames(x, y))).toBe(Buffer.compare(Buffer.from(x), Buffer.from(y)));
    }),
    { numRuns: 5000 },
  );
  expect(compareNames('\u{1f389}', '\uffee')).toBeGreaterThan(0);
  expect(compareNames('\ud7ff', '\ue000')).toBeLessThan(0);
});

it('sorts names as their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.array(anyName), (names) => {
      const bytes = names.map((name) => Buffer.from(name)).sort(Buffer.compare);
      expect(sortNames([...names])).toEqual(bytes.map((name) => name.toString()));
    }),
  );
});

it('takes a text for well formed when UTF-8 brings it back', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 6 }),
      (text) => {
        expect(isWellFormed(text)).toBe(Buffer.from(text).toString() === text);
      },
    ),
    { numRuns: 5000 },
  );
  expect(isWellFormed('\ud83c\udf89')).toBe(true);
  expect(isWellFormed('\udf89\ud83c')).toBe(false);
});
