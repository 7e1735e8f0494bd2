import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pack, unpack } from '../../../src/sync/source/read-requests.js';
import { anyInode, anyTimeNs } from '../../state/fixtures.js';

test('read requests: are unpacked as they were packed, with any size, time and inode', () => {
  const request = fc.record({
    path: fc
      .string({ minLength: 1, unit: 'grapheme' })
      .map((text) => `/${text.replaceAll('\0', '')}`),
    kind: fc.constantFrom('file' as const, 'symlink' as const),
    expected: fc.record({
      size: fc.oneof(fc.maxSafeNat(), fc.constant(2 ** 63)),
      mtimeNs: anyTimeNs,
      ctimeNs: anyTimeNs,
      inode: anyInode,
    }),
  });
  fc.assert(
    fc.property(fc.array(request, { minLength: 1 }), (requests) => {
      expect(unpack(pack(requests))).toEqual(requests);
    }),
  );
});
