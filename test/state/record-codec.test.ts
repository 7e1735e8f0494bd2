import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { StateDamagedError, StateNewerError } from '../../src/state/errors.js';
import { indexEntry } from '../../src/state/index-entry.js';
import { keyOf } from '../../src/state/name-key.js';
import { checkRecord, decodeRecord, encodeRecord } from '../../src/state/record-codec.js';
import {
  hashedAtMsOf,
  inodeOf,
  isConfirmedRecord,
  md5Of,
  metadataEpochOf,
  provenAtMsOf,
} from '../../src/state/record-fields.js';
import { anyName, anyRecord, hex16, record } from './fixtures.js';

const FILE = '/state/index.mdb';

test('record codec: decodes each record as it was encoded', async () => {
  await fc.assert(
    fc.property(anyRecord, anyName, (made, name) => {
      const bytes = encodeRecord(made, keyOf(name));
      expect(decodeRecord(bytes, keyOf(name), FILE)).toEqual(made);
      expect(inodeOf(bytes)).toBe(made.inode);
      expect(md5Of(bytes)).toBe(made.md5);
      expect(hashedAtMsOf(bytes)).toBe(made.hashedAtMs);
      expect(metadataEpochOf(bytes)).toBe(made.metadataEpoch ?? 0);
      expect(provenAtMsOf(bytes)).toBe(made.provenAtMs);
    }),
    { numRuns: 500 },
  );
});

test('record codec: a record under a name that ends in "/" is that of a folder', () => {
  const folder = record({ kind: 'folder', size: 0, md5: 'd41d8cd98f00b204e9800998ecf8427e' });
  const bytes = encodeRecord(folder, keyOf('a/b/'));
  expect(decodeRecord(bytes, keyOf('a/b/'), FILE)).toEqual(folder);
  expect(isConfirmedRecord(bytes, folder)).toBe(true);
});

test('record codec: an encoded record is compared with a stat as a decoded one', async () => {
  await fc.assert(
    fc.property(
      anyRecord,
      anyName,
      anyRecord,
      fc.subarray(['kind', 'size', 'mtimeNs', 'ctimeNs', 'inode'] as const),
      (made, name, other, differing) => {
        const stat = {
          ...made,
          ...Object.fromEntries(differing.map((field) => [field, other[field]])),
        };
        expect(isConfirmedRecord(encodeRecord(made, keyOf(name)), stat)).toBe(
          indexEntry(name, made).isConfirmed(stat),
        );
        expect(isConfirmedRecord(encodeRecord(made, keyOf(name)), made)).toBe(
          made.state === 'confirmed' && made.guarded === undefined,
        );
      },
    ),
    { numRuns: 500 },
  );
});

test('P5: record codec: one changed bit anywhere in a record is damage', async () => {
  await fc.assert(
    fc.property(anyRecord, anyName, fc.nat(), fc.nat(7), (made, name, where, bit) => {
      const bytes = encodeRecord(made, keyOf(name));
      const at = where % bytes.length;
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
      expect(() => decodeRecord(bytes, keyOf(name), FILE)).toThrow(StateDamagedError);
    }),
    { numRuns: 500 },
  );
});

test('P4: record codec: a record under another name is damage', () => {
  const bytes = encodeRecord(record(), keyOf('a.txt'));
  expect(() => decodeRecord(bytes, keyOf('c.txt'), FILE)).toThrow(StateDamagedError);
});

test('record codec: a record cut short at any length is damage', () => {
  const key = keyOf('a.txt');
  const proven = { etag: 'x-2', partSize: 5 << 20, versionId: 'v1', provenAtMs: 1_763_822_900_000 };
  const bytes = encodeRecord(record(proven), key);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeRecord(bytes.subarray(0, length), key, FILE)).toThrow(StateDamagedError);
  }
});

test('record codec: refuses a whole record of a later version as newer, not as damage', async () => {
  const { crc32 } = await import('node:zlib');
  const key = keyOf('a.txt');
  const bytes = encodeRecord(record(), key);
  bytes.writeUInt8(9, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(4), crc32(key)), 0);
  expect(() => checkRecord(bytes, key, FILE)).toThrow(StateNewerError);
  expect(() => checkRecord(bytes, key, FILE)).toThrow(
    /index\.mdb: is of version 9, this longshore knows versions up to 8/,
  );
});

test('record codec: a last proof takes 9 bytes and 4 versions more, and leaves a record without one as it was', async () => {
  await fc.assert(
    fc.property(anyRecord, anyName, fc.maxSafeNat(), (made, name, provenAtMs) => {
      const { provenAtMs: _, hardLink: __, attributesDigest: ___, ...unproven } = made;
      const without = encodeRecord(unproven, keyOf(name));
      const bytes = encodeRecord({ ...unproven, provenAtMs }, keyOf(name));
      expect(without.readUInt8(4)).toBeLessThanOrEqual(4);
      expect(bytes.readUInt8(4)).toBe(without.readUInt8(4) + 4);
      expect(bytes.length).toBe(without.length + 9);
    }),
  );
});

test('record codec: that an object says that its file has other names takes one byte and 4 versions more', async () => {
  await fc.assert(
    fc.property(anyRecord, anyName, (made, name) => {
      const { provenAtMs: _, hardLink: __, attributesDigest: ___, ...single } = made;
      const without = encodeRecord(single, keyOf(name));
      const bytes = encodeRecord({ ...single, hardLink: true }, keyOf(name));
      expect(bytes.readUInt8(4)).toBe(without.readUInt8(4) + 4);
      expect(bytes.length).toBe(without.length + 1);
    }),
  );
});

test('record codec: a digest of attributes takes 9 bytes and 4 versions more, and must be one', async () => {
  await fc.assert(
    fc.property(anyRecord, anyName, hex16, (made, name, attributesDigest) => {
      const { provenAtMs: _, hardLink: __, attributesDigest: ___, ...single } = made;
      const without = encodeRecord(single, keyOf(name));
      const bytes = encodeRecord({ ...single, attributesDigest }, keyOf(name));
      expect(bytes.readUInt8(4)).toBe(without.readUInt8(4) + 4);
      expect(bytes.length).toBe(without.length + 9);
    }),
  );
  expect(() => encodeRecord(record({ attributesDigest: 'short' }), keyOf('a'))).toThrow(RangeError);
});

test('record codec: refuses a record with an unknown field in its extension as newer', async () => {
  const { crc32 } = await import('node:zlib');
  const key = keyOf('a.txt');
  const bytes = encodeRecord(record({ provenAtMs: 1 }), key);
  const at = bytes.length - 9; // the record has nothing behind its extension
  bytes.writeUInt8(bytes.readUInt8(at) | 128, at);
  bytes.writeUInt32LE(crc32(bytes.subarray(4), crc32(key)), 0);
  expect(() => decodeRecord(bytes, key, FILE)).toThrow(StateNewerError);
});

test('record codec: refuses a last proof that is no time', () => {
  for (const provenAtMs of [Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => encodeRecord(record({ provenAtMs }), keyOf('a'))).toThrow(RangeError);
});

test('record codec: writes version 1 for times that 64-bit nanoseconds hold, else version 2', () => {
  const version = (mtimeNs: bigint, ctimeNs: bigint) =>
    encodeRecord(record({ mtimeNs, ctimeNs }), keyOf('a'))[4];
  expect(version(2n ** 63n - 1n, -(2n ** 63n))).toBe(1);
  expect(version(2n ** 63n, 0n)).toBe(2);
  expect(version(0n, -(2n ** 63n) - 1n)).toBe(2);
});

test('record codec: writes version 3 or 4 for a record with a digest of part digests, which older programs refuse', () => {
  const md5Parts = 'a'.repeat(32);
  const version = (mtimeNs: bigint) =>
    encodeRecord(record({ md5: '', md5Parts, partSize: 5, mtimeNs }), keyOf('a'))[4];
  expect(version(0n)).toBe(3);
  expect(version(2n ** 63n)).toBe(4);
  expect(() => encodeRecord(record({ md5Parts }), keyOf('a'))).toThrow(/with a partSize/);
  for (const partSize of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
    expect(() => encodeRecord(record({ partSize }), keyOf('a'))).toThrow(RangeError);
});

test('record codec: reads an upload in parts that was recorded with the MD5 of the whole, and writes it as it was', () => {
  const written = Buffer.from(
    '230d6dad01d400a4012a000000000000000080c837c0aa79421535b3fe375b7a1800000000000026' +
      '401635b3fe375b7a18e803e8035eb63bbbe01eeed093cb22bb8f5acdc30000000000005441080022' +
      '303132332d3222',
    'hex',
  );
  const made = record({ etag: '"0123-2"', partSize: 5 << 20 });
  expect(decodeRecord(written, keyOf('a.txt'), FILE)).toEqual(made);
  expect(encodeRecord(made, keyOf('a.txt'))).toEqual(written);
});

test('record codec: reads a record that was written before version 2', () => {
  const written = Buffer.from(
    'ebfc0db5011400a4012a000000000000000080c837c0aa79421535b3fe375b7a1800000000000026' +
      '401635b3fe375b7a18e803e8035eb63bbbe01eeed093cb22bb8f5acdc3',
    'hex',
  );
  expect(decodeRecord(written, keyOf('a.txt'), FILE)).toEqual(record());
  expect(encodeRecord(record(), keyOf('a.txt'))).toEqual(written);
});

test('record codec: writes a usual record in 61 bytes, its ETag included', () => {
  const { md5, mtimeNs } = record();
  expect(encodeRecord(record({ etag: md5, ctimeNs: mtimeNs }), keyOf('a.txt')).length).toBe(61);
});

test('record codec: refuses a digest that is no MD5', () => {
  expect(() => encodeRecord(record({ md5: 'abc' }), keyOf('a.txt'))).toThrow(
    /md5 must be 32 lower-case hex digits/,
  );
});
