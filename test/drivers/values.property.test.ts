import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesBody } from '../../src/drivers/body.js';
import { guessContentType } from '../../src/drivers/content-type.js';
import { crc32c } from '../../src/drivers/crc32c.js';
import { cutBuffers } from '../../src/drivers/cut-parts.js';
import { checksumOf, createDigest } from '../../src/drivers/digest.js';
import { partSizeFor, planParts } from '../../src/drivers/part-size.js';
import { checkRange, lengthWithin } from '../../src/drivers/range.js';
import { readAll } from './conformance/fixture.js';

test('CRC-32C: has the values of RFC 3720, in one piece and in several', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(ascending)).toBe(0x46dd794e);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.uint8Array(),
      (a, b) => crc32c(b, crc32c(a)) === crc32c(Buffer.concat([a, b])),
    ),
  );
});

test('digest: of pieces is that of the whole, in lower-case hex', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('md5' as const, 'sha1' as const, 'sha256' as const, 'crc32c' as const),
      fc.array(fc.uint8Array()),
      (algorithm, pieces) => {
        const digest = createDigest(algorithm);
        for (const piece of pieces) digest.update(piece);
        const whole = checksumOf(algorithm, Buffer.concat(pieces));
        expect(digest.checksum()).toEqual(whole);
        expect(whole.hex).toMatch(/^[0-9a-f]+$/);
        if (algorithm !== 'crc32c')
          expect(whole.hex).toBe(createHash(algorithm).update(Buffer.concat(pieces)).digest('hex'));
      },
    ),
  );
  expect(checksumOf('crc32c', new Uint8Array()).hex).toBe('00000000');
});

const MIB = 1024 * 1024;
const s3 = { min: 5 * MIB, max: 5 * 1024 * MIB, maxParts: 10_000 };

test('part size: is the smallest that fits within the limits, and parts cover the whole without a gap', () => {
  const limits = fc
    .record({
      min: fc.integer({ min: 1, max: 8 * MIB }),
      more: fc.nat(64 * MIB),
      maxParts: fc.integer({ min: 1, max: 500 }),
    })
    .map(({ min, more, maxParts }) => ({ min, max: min + more, maxParts }));
  fc.assert(
    fc.property(fc.nat(500 * MIB), limits, (size, partSize) => {
      const chosen = partSizeFor(size, partSize);
      if (chosen === undefined) {
        expect(size).toBeGreaterThan(partSize.max * partSize.maxParts);
        return;
      }
      expect(chosen).toBeGreaterThanOrEqual(partSize.min);
      expect(chosen).toBeLessThanOrEqual(partSize.max);
      if (chosen > partSize.min) expect((chosen - MIB) * partSize.maxParts).toBeLessThan(size);
      const count = Math.max(1, Math.ceil(size / chosen));
      expect(count).toBeLessThanOrEqual(partSize.maxParts);
      if (count > 2000) return;
      const parts = [...planParts(size, chosen)];
      expect(parts.map(({ number }) => number)).toEqual(
        Array.from({ length: count }, (_, i) => i + 1),
      );
      expect(parts[0]?.start).toBe(0);
      expect(parts.at(-1)?.end).toBe(size);
      for (const [i, part] of parts.entries())
        if (i > 0) expect(part.start).toBe(parts[i - 1]?.end);
    }),
  );
});

test('part size: is right at S3’s limits', () => {
  expect(partSizeFor(6 * 1024 * MIB, s3)).toBe(5 * MIB);
  expect(partSizeFor(50_000 * MIB, s3)).toBe(5 * MIB);
  expect(partSizeFor(50_000 * MIB + 1, s3)).toBe(6 * MIB);
  expect(partSizeFor(s3.max * s3.maxParts, s3)).toBe(s3.max);
  expect(partSizeFor(s3.max * s3.maxParts + 1, s3)).toBeUndefined();
  expect(partSizeFor(undefined, s3)).toBe(16 * MIB);
});

test('stream: is cut into buffers of one size, whatever its chunks are, which may be reused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.integer({ min: 1, max: 30 }),
      async (chunks, size) => {
        const shared = new Uint8Array(40);
        async function* source() {
          for (const chunk of chunks) {
            shared.set(chunk);
            yield shared.subarray(0, chunk.byteLength);
            shared.fill(0);
          }
        }
        const buffers: Uint8Array[] = [];
        for await (const buffer of cutBuffers(source(), size)) buffers.push(buffer);
        expect(Buffer.concat(buffers).equals(Buffer.concat(chunks))).toBe(true);
        for (const buffer of buffers.slice(0, -1)) expect(buffer.byteLength).toBe(size);
        if (buffers.length > 0) expect(buffers.at(-1)?.byteLength).toBeGreaterThan(0);
      },
    ),
  );
});

test('range: covers its bytes, and a wrong one is a RangeError', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(100), fc.nat(100), (size, start, length) => {
      const bytes = new Uint8Array(size);
      expect(lengthWithin({ start, end: start + length }, size)).toBe(
        bytes.subarray(start, start + length).byteLength,
      );
      expect(lengthWithin({ start }, size)).toBe(bytes.subarray(start).byteLength);
    }),
  );
  for (const range of [
    { start: -1 },
    { start: 0.5 },
    { start: Number.NaN },
    { start: 5, end: 5 },
    { start: 5, end: 4 },
    { start: 0, end: 1.5 },
  ]) {
    expect(() => checkRange(range), JSON.stringify(range)).toThrow(RangeError);
  }
  for (const range of [{ start: 0 }, { start: 0, end: 1 }, { start: 2 ** 40, end: 2 ** 41 }])
    expect(() => checkRange(range)).not.toThrow();
});

test('body in memory: a slice has its bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), fc.nat(50), fc.nat(50), async (bytes, start, length) => {
      const slice = bytesBody(bytes).slice?.(start, start + length);
      expect(await readAll(slice!.open())).toEqual(
        Buffer.from(bytes.subarray(start, start + length)),
      );
      expect(slice?.size).toBe(bytes.subarray(start, start + length).byteLength);
    }),
  );
});

test('content type: is guessed by the extension of the first name that has a known one', () => {
  const guesses: readonly (readonly [readonly string[], string])[] = [
    [['photo.JPG'], 'image/jpeg'],
    [['/tmp/upload', 'page.html'], 'text/html'],
    [['a.css', 'b.html'], 'text/css'],
    [['archive.tar.gz'], 'application/gzip'],
    [['html'], 'application/octet-stream'],
    [['.bashrc'], 'application/octet-stream'],
    [['folder.html/file'], 'application/octet-stream'],
    [['file.unheardof'], 'application/octet-stream'],
    [[''], 'application/octet-stream'],
    [[], 'application/octet-stream'],
  ];
  for (const [names, type] of guesses) expect(guessContentType(...names), names.join()).toBe(type);
});
