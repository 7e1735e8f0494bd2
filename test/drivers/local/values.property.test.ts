import { type BigIntStats, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containerNameProblem, keyProblem, maxKeyBytes } from '../../../src/drivers/local/names.js';
import {
  attributesOf,
  decodeRecord,
  encodeRecord,
  metaDataOf,
  readAbout,
  writeAbout,
} from '../../../src/drivers/local/record.js';
import { anyInode, anyTimeNs } from '../../state/fixtures.js';
import { temporaryFolder } from '../../world/folder.js';

describe('names', () => {
  const segment = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');

  it('a key without a problem is a path below its container, and any path below it is a key', () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), (segments) => {
        const key = segments.join('/');
        const problem = keyProblem(key, 3000);
        if (problem === undefined) expect(join('/root/box', key)).toBe(`/root/box/${key}`);
        else
          expect(
            segments.some((one) => Buffer.byteLength(one) > 255) ||
              Buffer.byteLength(key) > 3000 ||
              segments[0] === '.longshore-incoming',
          ).toBe(true);
      }),
    );
  });

  it('no key leads out of its container', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('..', '.', '', 'a', '...', '\0'), { maxLength: 6 }),
        (segments) => {
          const key = segments.join('/');
          if (keyProblem(key, 3000) === undefined)
            expect(join('/root/box', key)).toBe(`/root/box/${key}`);
        },
      ),
    );
  });

  it('the longest key fits a path of Linux and a key of the database', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), (length) => {
        const root = `/${'r'.repeat(length)}`;
        const longest = maxKeyBytes(root);
        expect(longest).toBeGreaterThanOrEqual(0);
        if (longest > 0) expect(root.length + 1 + 255 + 1 + longest).toBeLessThanOrEqual(4095);
        expect(255 + 1 + longest).toBeLessThanOrEqual(4026);
      }),
    );
  });

  it('a container is one folder of the root, and never a hidden one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        if (containerNameProblem(name) !== undefined) return;
        expect(dirname(join('/root', name))).toBe('/root');
        expect(name.startsWith('.')).toBe(false);
        expect(Buffer.from(name).toString()).toBe(name);
      }),
    );
  });
});

describe('records', () => {
  it('come back as they were written', () => {
    const record = fc.record({
      file: fc.record({
        size: fc.maxSafeNat(),
        mtimeNs: anyTimeNs,
        ctimeNs: anyTimeNs,
        inode: anyInode,
      }),
      md5: fc.option(fc.stringMatching(/^[0-9a-f]{32}$/), { nil: undefined }),
      contentType: fc.option(fc.string(), { nil: undefined }),
      metaData: fc.dictionary(fc.string(), fc.string({ unit: 'binary' }), {
        noNullPrototype: true,
      }),
    });
    fc.assert(
      fc.property(record, ({ file, md5, contentType, metaData }) => {
        const found = decodeRecord(
          encodeRecord({ file, md5, about: writeAbout(contentType, metaData) }),
        );
        expect(found).toMatchObject({ file, md5 });
        expect(
          found?.isOf({
            ...file,
            size: BigInt(file.size),
            ino: file.inode,
          } as unknown as BigIntStats),
        ).toBe(true);
        expect(
          found?.isOf({
            ...file,
            mtimeNs: file.mtimeNs + 1n,
            size: BigInt(file.size),
            ino: file.inode,
          } as unknown as BigIntStats),
        ).toBe(false);
        expect(found && readAbout(found.about)).toEqual({ contentType, metaData });
      }),
    );
  });

  it('of version 1, which has 64-bit nanoseconds, are read as they were written', () => {
    const written = Buffer.from(
      '010100000000000026401535b3fe375b7a18fbffffffffffffffffffffffffffffff5eb63bbbe01e' +
        'eed093cb22bb8f5acdc35b22612f62222c7b226d74696d65223a2231227d5d',
      'hex',
    );
    const file = {
      size: 11,
      mtimeNs: 1_763_822_500_123_456_789n,
      ctimeNs: -5n,
      inode: 2n ** 64n - 1n,
    };
    const md5 = '5eb63bbbe01eeed093cb22bb8f5acdc3';
    const about = writeAbout('a/b', { mtime: '1' });
    expect(decodeRecord(written)).toMatchObject({ file, md5, about });
    expect(encodeRecord({ file, md5, about })).toEqual(written);
  });

  it('of another version, or cut, are none', () => {
    const bytes = encodeRecord({
      file: { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n },
      md5: undefined,
      about: writeAbout('a/b', {}),
    });
    expect(decodeRecord(bytes.subarray(0, 40))).toBeUndefined();
    expect(decodeRecord(Buffer.concat([Buffer.from([3]), bytes.subarray(1)]))).toBeUndefined();
  });
});

describe('times', () => {
  it('a time in metadata is set on the file and read back within a microsecond', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000_000, max: 4_000_000_000 }),
        fc.nat({ max: 999_999_999 }),
        (seconds, nanoseconds) => {
          const text = `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
          const { mtime } = attributesOf({ mtime: text });
          utimesSync(file, mtime ?? 0, mtime ?? 0);
          const stat = statSync(file, { bigint: true });
          expect(Number(metaDataOf(stat)['mtime']) - Number(text)).toBeCloseTo(0, 5);
        },
      ),
    );
  });

  it('what is not in rclone’s form changes nothing of the file', () => {
    for (const text of [
      '',
      'yesterday',
      '1e9',
      'NaN',
      'Infinity',
      '1.2.3',
      '0x10',
      '1700000000.1234567890',
    ]) {
      expect(attributesOf({ mtime: text, mode: text }), text).toEqual({
        mtime: undefined,
        permissions: undefined,
      });
    }
    expect(attributesOf({ mode: '100644' }).permissions).toBe(0o644);
    expect(attributesOf({ mode: '106777' }).permissions).toBe(0o777);
    expect(attributesOf({ mode: '888' }).permissions).toBeUndefined();
  });
});
