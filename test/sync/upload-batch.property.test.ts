import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BatchedFile,
  packBatch,
  unpackBatch,
  versionAt,
} from '../../src/sync/upload-batch.js';
import { anyInode, anyTimeNs } from '../state/fixtures.js';

const anyPath = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .filter((path) => !path.includes('\0'));

const anyFile: fc.Arbitrary<BatchedFile> = fc.record({
  entry: fc.record({
    path: anyPath,
    kind: fc.constant('file' as const),
    size: fc.nat(1024 * 1024),
    mtimeNs: anyTimeNs,
    ctimeNs: anyTimeNs,
    inode: anyInode,
    mode: fc.nat(0o7777),
    uid: fc.nat(0xffffffff),
    gid: fc.nat(0xffffffff),
  }),
  why: fc.constantFrom(
    'new' as const,
    'changed' as const,
    'unconfirmed' as const,
    'drift' as const,
  ),
  listed: fc.constantFrom('unknown' as const, 'absent' as const, 'present' as const),
});

const anyFiles = fc.array(anyFile, { minLength: 1, maxLength: 20 });

describe('a batch of uploads', () => {
  test('has every path, time, inode, mode and owner that a file can have', () => {
    fc.assert(
      fc.property(anyFiles, (files) => {
        expect(unpackBatch(packBatch(files))).toEqual(files);
      }),
    );
  });

  test('says the version of each of its files without unpacking the others', () => {
    fc.assert(
      fc.property(anyFiles, (files) => {
        const batch = packBatch(files);
        for (const [row, { entry }] of files.entries()) {
          const { size, mtimeNs, ctimeNs, inode } = entry;
          expect(versionAt(batch, row)).toEqual({ size, mtimeNs, ctimeNs, inode });
        }
      }),
    );
  });

  test('is the same after it has crossed to another thread', () => {
    fc.assert(
      fc.property(anyFiles, (files) => {
        expect(unpackBatch(structuredClone(packBatch(files)))).toEqual(files);
      }),
    );
  });
});
