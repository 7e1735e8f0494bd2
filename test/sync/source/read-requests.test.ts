import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pack, unpack } from '../../../src/sync/source/read-requests.js';

test('requests come out of their columns as they went in, the largest inodes as well', () => {
  const request = fc.record({
    path: fc.string({ minLength: 1, unit: 'grapheme' }).map((text) => `/${text.replaceAll('\0', '')}`),
    kind: fc.constantFrom('file' as const, 'symlink' as const),
    expected: fc.record({
      size: fc.nat(2 ** 31 - 1),
      mtimeNs: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
      ctimeNs: fc.bigInt({ min: 0n, max: 2n ** 62n }),
      inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    }),
  });
  fc.assert(
    fc.property(fc.array(request, { minLength: 1 }), (requests) => {
      expect(unpack(pack(requests))).toEqual(requests);
    }),
  );
});
