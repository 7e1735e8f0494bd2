import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatSize,
  parseDuration,
  parseSize,
  sizesMeant,
} from '../../src/config/units.js';

describe('sizes', () => {
  it.each([
    ['0', 0],
    ['4096', 4096],
    ['5MiB', 5 * 1024 ** 2],
    ['2GB', 2e9],
    ['2 GB', 2e9],
    ['1.5GiB', 1.5 * 1024 ** 3],
    ['10kB', 10_000],
    ['10KB', 10_000],
    ['1B', 1],
  ])('%s is %i bytes', (written, bytes) => expect(parseSize(written)).toBe(bytes));

  it.each([
    '5mb',
    '5Mb',
    '5 MiBs',
    '-1MiB',
    '1e3',
    'MiB',
    '',
    '5  MiB',
    '0x10',
    '1,5MiB',
    '99999999PiB',
    'NaN',
    '.5MiB',
  ])('"%s" is no size', (written) => expect(parseSize(written)).toBeUndefined());

  it('suggests sizes for a wrongly spelt unit', () => {
    expect(sizesMeant('5mb')).toEqual(['5MB', '5MiB']);
    expect(sizesMeant('2 g')).toEqual(['2GB', '2GiB']);
    expect(sizesMeant('64K')).toEqual(['64kB', '64KiB']);
    expect(sizesMeant('lots')).toEqual([]);
  });

  it('reads back every number of bytes that it writes', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseSize(formatSize(bytes)) === bytes));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 999 }),
        fc.constantFrom('KiB', 'MiB', 'GiB', 'kB', 'MB', 'GB'),
        (amount, unit) => {
          const bytes = parseSize(`${amount}${unit}`);
          expect(parseSize(formatSize(bytes ?? Number.NaN))).toBe(bytes);
        },
      ),
    );
  });

  it('any text is a size or a complaint, and none throws', () => {
    fc.assert(
      fc.property(fc.string(), (written) => {
        const bytes = parseSize(written);
        expect(bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0)).toBe(true);
      }),
    );
  });
});

describe('durations', () => {
  it.each([
    ['0', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['5min', 300_000],
    ['6h', 21_600_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
  ])('%s is %i ms', (written, milliseconds) => expect(parseDuration(written)).toBe(milliseconds));

  it.each(['500', '5 minutes', '1H', '-1s', 's', '', '1y', '1h,30m', 'forever', '1e3s'])(
    '"%s" is no duration',
    (written) => expect(parseDuration(written)).toBeUndefined(),
  );

  it('reads back every number of milliseconds that it writes', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (ms) => parseDuration(formatDuration(ms)) === ms));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.constantFrom('ms', 's', 'm', 'h', 'd'),
        (amount, unit) => {
          const ms = parseDuration(`${amount}${unit}`);
          expect(parseDuration(formatDuration(ms ?? Number.NaN))).toBe(ms);
        },
      ),
    );
  });

  it('adds up what is written one after the other', () => {
    fc.assert(
      fc.property(
        fc.nat(23),
        fc.nat(59),
        fc.nat(59),
        (hours, minutes, seconds) =>
          parseDuration(`${hours}h${minutes}m${seconds}s`) ===
          ((hours * 60 + minutes) * 60 + seconds) * 1000,
      ),
    );
  });

  it('takes no time over a long text that is no duration', () => {
    expect(parseDuration(`${'1s'.repeat(20_000)}!`)).toBeUndefined();
    expect(parseDuration('1'.repeat(50_000))).toBeUndefined();
  });
});
