import { expect, test } from 'vitest';
import { bytes, count, duration } from '../../src/status/units.js';

test('units: bytes are shown in powers of 1024', () => {
  const shown = [0, 1, 1023, 1024, 1536, 10_240, 134_217_728, 2 ** 50, 2 ** 62].map(bytes);
  expect(shown).toEqual([
    '0 B',
    '1 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '10 KiB',
    '128 MiB',
    '1.0 PiB',
    '4096 PiB',
  ]);
});

test('units: a duration has its two largest units', () => {
  const shown = [-5, 0, 59.9, 60, 185, 3600, 7_620, 86_400, 350_000].map(duration);
  expect(shown).toEqual([
    '0 s',
    '0 s',
    '59 s',
    '1 min',
    '3 min 5 s',
    '1 h',
    '2 h 7 min',
    '1 d',
    '4 d 1 h',
  ]);
});

test('units: counts have separated thousands', () => {
  expect([0, 999, 1_000, 1_234_567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
});
