import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c, portableCrc32c } from '../../../src/drivers/crc32c.js';
import { combineCrc32c } from '../../../src/drivers/google/crc32c-combine.js';
import { keyProblem, newContainerProblem } from '../../../src/drivers/google/names.js';
import { crc32cOfParts, writeReceipt } from '../../../src/drivers/google/part-receipt.js';
import { hexOfCrc32c } from '../../../src/drivers/google/payload.js';
import { randomContent } from '../conformance/fixture.js';

/** Byte by byte, bit by bit: RFC 3720 appendix B.4. */
function slowCrc32c(bytes: Uint8Array): number {
  let state = 0xffff_ffff;
  for (const byte of bytes) {
    state ^= byte;
    for (let bit = 0; bit < 8; bit += 1)
      state = state & 1 ? (state >>> 1) ^ 0x82f6_3b78 : state >>> 1;
  }
  return ~state >>> 0;
}

describe('CRC32C', () => {
  test('is that of RFC 3720, whatever the length, and whatever is appended', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
        expect(crc32c(bytes)).toBe(slowCrc32c(bytes));
        const first = crc32c(bytes.subarray(0, cut));
        expect(crc32c(bytes.subarray(cut), first)).toBe(slowCrc32c(bytes));
      }),
    );
    expect(hexOfCrc32c(crc32c(Buffer.from('123456789')))).toBe('e3069283');
  });

  test('is the same by the instruction of the processor and without it', () => {
    const large = fc.integer({ min: 65_530, max: 200_000 });
    fc.assert(
      fc.property(large, fc.nat(200_000), fc.nat(7), (size, cut, from) => {
        const shared = new Uint8Array(new SharedArrayBuffer(size + from), from);
        const bytes = randomContent(size);
        shared.set(bytes);
        const expected = portableCrc32c(bytes);
        expect(crc32c(bytes)).toBe(expected);
        expect(crc32c(shared)).toBe(expected);
        expect(crc32c(shared.subarray(cut), crc32c(shared.subarray(0, cut)))).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });

  // RFC 3720 appendix B.4
  test.each([
    ['32 bytes of zeroes', Buffer.alloc(32), '8a9136aa'],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), '62a8ab43'],
    [
      '32 bytes in ascending order',
      Buffer.from(Array.from({ length: 32 }, (_, at) => at)),
      '46dd794e',
    ],
    [
      '32 bytes in descending order',
      Buffer.from(Array.from({ length: 32 }, (_, at) => 31 - at)),
      '113fdb5c',
    ],
  ])('of %s is that of RFC 3720', (_, bytes, hex) => {
    expect(hexOfCrc32c(portableCrc32c(bytes))).toBe(hex);
    // A native library is used for more bytes alone; it goes on from any checksum.
    const zeroes = Buffer.alloc(2 ** 16);
    const all = Buffer.concat([zeroes, bytes]);
    expect(crc32c(all)).toBe(portableCrc32c(bytes, portableCrc32c(zeroes)));
  });

  test('of parts is that of the whole, and is not known where that of one part is not', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }), (contents) => {
        const whole = crc32c(Buffer.concat(contents));
        const parts = contents.map((bytes, at) => ({
          number: at + 1,
          size: bytes.byteLength,
          receipt: writeReceipt('"etag"', hexOfCrc32c(crc32c(bytes))),
        }));
        expect(crc32cOfParts(parts)).toBe(hexOfCrc32c(whole));
        const unknown = { number: 7, size: 1, receipt: writeReceipt('"etag"', undefined) };
        expect(crc32cOfParts([...parts, unknown])).toBeUndefined();
      }),
    );
  });

  test('of a content moves on by any number of bytes, also beyond 32 bits', () => {
    const first = crc32c(Buffer.from('first'));
    const zeros = 1_000_003;
    const moved = crc32c(Buffer.alloc(zeros), first);
    expect(combineCrc32c(first, crc32c(Buffer.alloc(zeros)), zeros)).toBe(moved);
    const half = combineCrc32c(first, 0, 2 ** 40);
    expect(combineCrc32c(combineCrc32c(half, 0, 2 ** 40), 0, 0)).toBe(
      combineCrc32c(first, 0, 2 ** 41),
    );
  });
});

describe('Google names', () => {
  test.each([
    ['', 'empty'],
    ['a\rb', 'line end'],
    ['a\nb', 'line end'],
    ['.', 'neither'],
    ['..', 'neither'],
    ['.well-known/acme-challenge/x', 'acme-challenge'],
    ['x'.repeat(1025), '1025 bytes'],
    ['é'.repeat(513), '1026 bytes'],
    ['\ud800', 'UTF-8'],
  ])('%j is refused before a request', (key, reason) => {
    expect(keyProblem(key)).toContain(reason);
  });

  test.each(['...', './a', 'a/..', 'é', 'e\u0301', 'é'.repeat(512), '#[]*?', '\u0001'])(
    '%j is allowed',
    (key) => {
      expect(keyProblem(key)).toBeUndefined();
    },
  );

  test.each(['abc', 'a_b-c', '0bucket9', `${'x'.repeat(63)}.${'y'.repeat(63)}`])(
    'a bucket may be called %s',
    (name) => {
      expect(newContainerProblem(name)).toBeUndefined();
    },
  );
});
