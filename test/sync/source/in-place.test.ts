import { describe, expect, test } from 'vitest';
import { isSamePath } from '../../../src/sync/source/in-place.js';

describe('whether a file is where its path says', () => {
  test.each([
    ['/data/letter', '/data/letter', true],
    ['/data/LETTER', '/data/letter', true],
    ['/data/\u00fc', '/data/u\u0308', true],
    ['/data/letter', '/data/letters', false],
    ['/other/letter', '/data/letter', false],
    ['/data/letter (deleted)', '/data/letter', false],
  ])('%s and %s: %s', (real, expected, same) => {
    expect(isSamePath(real, expected)).toBe(same);
  });
});
