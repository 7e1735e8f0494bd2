import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOfParts, hashInParts } from '../src/parts-digest.js';

const md5 = (...pieces: readonly Uint8Array[]) => {
  const hash = createHash('md5');
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};

function cut(content: Buffer, size: number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += size) pieces.push(content.subarray(at, at + size));
  return pieces;
}

test('digest of part digests: is the MD5 of the MD5s of the parts, however the content is given', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.oneof(
        fc.nat(60),
        fc.nat(6).map((parts) => parts * 9),
      ),
      fc.integer({ min: 1, max: 30 }),
      (partSize, length, chunk) => {
        const content = Buffer.from(Array.from({ length }, (_, at) => (at * 31) & 255));
        const parts = cut(content, partSize).map((part) => md5(part));
        const expected = md5(...parts).toString('hex');
        const hash = hashInParts(partSize);
        for (const piece of cut(content, chunk)) hash.update(piece);
        expect(hash.digest()).toEqual({ partSize, hex: expected });
        expect(digestOfParts(parts.map((part) => part.toString('hex')))).toBe(expected);
      },
    ),
    { numRuns: 1_000 },
  );
});

test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
  'parts of %d bytes are refused, and not counted without end',
  (partSize) => {
    expect(() => hashInParts(partSize)).toThrow(RangeError);
  },
);
