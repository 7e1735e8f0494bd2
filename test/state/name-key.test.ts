import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { inRange, keyBeyond, keyIfHeld, keyOf } from '../../src/state/name-key.js';
import { anyName } from './fixtures.js';

test('index key: the bound of a prefix separates the names that begin with it from those after them', async () => {
  await fc.assert(
    fc.property(anyName, anyName, (prefix, name) => {
      const key = keyOf(name);
      const beyond = keyBeyond(keyOf(prefix));
      const between =
        Buffer.compare(key, keyOf(prefix)) >= 0 &&
        (beyond === undefined || Buffer.compare(key, beyond) < 0);
      expect(between).toBe(inRange(name, { prefix }));
    }),
    { numRuns: 1_000 },
  );
  expect(keyBeyond(Buffer.from([0x61, 0xff]))).toEqual(Buffer.from([0x62]));
  expect(keyBeyond(Buffer.from([0xff]))).toBeUndefined();
  expect(keyBeyond(Buffer.alloc(0))).toBeUndefined();
});

test('index key: a name that the index cannot hold is refused with the reason, and never found', () => {
  for (const name of ['', 'x'.repeat(4027), 'é'.repeat(2014), 'lone \ud800 surrogate', '\udc00']) {
    expect(() => keyOf(name)).toThrow(
      /the index cannot hold the object name .* names are valid Unicode of 1 to 4026 bytes/,
    );
    expect(keyIfHeld(name)).toBeUndefined();
  }
  expect(keyOf('é'.repeat(2013)).length).toBe(4026);
});
