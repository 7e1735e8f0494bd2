import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  millisecondsFromSeconds,
  rfc3339FromSeconds,
  secondsFromMilliseconds,
  secondsFromRfc3339,
} from '../../src/drivers/metadata-time.js';

/** Times from the year 0 to 9999, before and after 1970, with 0 to 9 decimals. */
const seconds = fc
  .tuple(
    fc.integer({ min: -62_167_219_199, max: 253_402_300_799 }),
    fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 9 }),
  )
  .map(([whole, fraction]) => `${whole}${fraction === '' ? '' : `.${fraction}`}`);

describe("the time in an object's metadata", () => {
  test('comes back from RFC 3339 as it was, with its decimals', () => {
    fc.assert(
      fc.property(seconds, (text) => {
        const written = rfc3339FromSeconds(text)!;
        expect(written).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/);
        expect(secondsFromRfc3339(written)).toBe(text);
      }),
    );
  });

  test.each([
    // As rclone's azureblob and googlecloudstorage backends write them.
    ['1700000000.123456789', '2023-11-14T22:13:20.123456789Z'],
    ['0', '1970-01-01T00:00:00Z'],
    ['17.5', '1970-01-01T00:00:17.5Z'],
    ['-0.500000000', '1969-12-31T23:59:59.500000000Z'],
    ['-1.250', '1969-12-31T23:59:58.750Z'],
    ['-2.000', '1969-12-31T23:59:58.000Z'],
  ])('%s is %s in RFC 3339', (text, written) => {
    expect(rfc3339FromSeconds(text)).toBe(written);
    expect(secondsFromRfc3339(written)).toBe(text);
  });

  test('is read from RFC 3339 in any time zone', () => {
    for (const zoned of ['2023-11-14T23:13:20.5+01:00', '2023-11-14t17:13:20.5-05:00'])
      expect(secondsFromRfc3339(zoned)).toBe('1700000000.5');
  });

  test('is not taken from other texts', () => {
    for (const text of ['', 'now', '1e3', '1.', '.5', '1700000000.1234567890', '2023-11-14'])
      expect(rfc3339FromSeconds(text), text).toBeUndefined();
    for (const text of ['1700000000', '2023-11-14T22:13:20', '2023-13-14T22:13:20Z', 'x'])
      expect(secondsFromRfc3339(text), text).toBeUndefined();
    expect(rfc3339FromSeconds('999999999999')).toBeUndefined();
    expect(millisecondsFromSeconds('soon')).toBeUndefined();
    expect(secondsFromMilliseconds('1.5')).toBeUndefined();
  });

  test('is cut to the millisecond where the provider has milliseconds, and comes back with three decimals', () => {
    for (const [text, ms, back] of [
      ['1700000000.123456789', '1700000000123', '1700000000.123'],
      ['1700000000', '1700000000000', '1700000000.000'],
      ['-0.0005', '-1', '-0.001'],
      ['-1.25', '-1250', '-1.250'],
    ] as const) {
      expect(millisecondsFromSeconds(text)).toBe(ms);
      expect(secondsFromMilliseconds(ms)).toBe(back);
    }
  });
});
