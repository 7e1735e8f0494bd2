import * as fc from 'fast-check';
import type { ObjectRecord } from '../../src/state/object-index.js';

export function record(changes: Partial<ObjectRecord> = {}): ObjectRecord {
  return {
    state: 'confirmed',
    kind: 'file',
    size: 11,
    mtimeNs: 1_763_822_500_123_456_789n,
    ctimeNs: 1_763_822_500_123_456_790n,
    inode: 42n,
    mode: 0o644,
    uid: 1000,
    gid: 1000,
    md5: '5eb63bbbe01eeed093cb22bb8f5acdc3',
    hashedAtMs: 1_763_822_501_000,
    ...changes,
  };
}

const hex32 = fc.stringMatching(/^[0-9a-f]{32}$/);
export const hex16 = fc.stringMatching(/^[0-9a-f]{16}$/);
const text = fc.string({ unit: 'binary', maxLength: 60 });

/** Each time that Linux can hold: 64-bit seconds and their nanoseconds (timespec64); often one of 64-bit nanoseconds. */
export const anyTimeNs: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 63n) * 1_000_000_000n, max: 2n ** 63n * 1_000_000_000n - 1n }),
  fc.constantFrom(
    0n,
    -1n,
    2n ** 63n - 1n,
    2n ** 63n,
    -(2n ** 63n),
    -(2n ** 63n) - 1n,
    -(2n ** 63n) * 1_000_000_000n,
  ),
);

export const anyInode: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n),
);

export const anyRecord: fc.Arbitrary<ObjectRecord> = fc
  .record(
    {
      state: fc.constantFrom('confirmed' as const, 'sending' as const),
      kind: fc.constantFrom('file' as const, 'symlink' as const),
      size: fc.maxSafeNat(),
      mtimeNs: anyTimeNs,
      ctimeNs: anyTimeNs,
      inode: anyInode,
      mode: fc.nat(0o7777),
      uid: fc.nat(0xffffffff),
      gid: fc.nat(0xffffffff),
      md5: fc.oneof(hex32, fc.constant('')),
      md5Parts: hex32,
      hashedAtMs: fc.maxSafeNat(),
      etag: fc.oneof(hex32, text),
      partSize: fc.maxSafeInteger().map((size) => Math.max(1, Math.abs(size))),
      versionId: text,
      looks: fc.constantFrom('random' as const, 'blank' as const),
      metadataEpoch: fc.constantFrom(1, 2, 3),
      provenAtMs: fc.maxSafeNat(),
      hardLink: fc.constant(true as const),
      attributesDigest: hex16,
      guarded: fc.constantFrom(
        'delete-held' as const,
        'overwrite-held' as const,
        'delete-approved' as const,
        'overwrite-approved' as const,
        'rejected' as const,
      ),
    },
    {
      requiredKeys: [
        'state',
        'kind',
        'size',
        'mtimeNs',
        'ctimeNs',
        'inode',
        'mode',
        'uid',
        'gid',
        'md5',
        'hashedAtMs',
      ],
    },
  )
  .map(({ md5Parts, ...made }) =>
    md5Parts === undefined || made.partSize === undefined ? made : { ...made, md5Parts },
  )
  .chain((made) =>
    fc.boolean().map((same) => (same && made.md5 !== '' ? { ...made, etag: made.md5 } : made)),
  );

/** Names as files have them: some with each kind of UTF-16 unit, some long, some each other's prefix. */
export const anyName: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    fc.stringMatching(/^[ab/.]{1,6}$/),
    fc.constantFrom(
      '\u{ffff}',
      '\u{10000}',
      '\u{e000}',
      '\u{d7ff}',
      'a/\u{1f600}',
      'a/\u{fffd}',
      '__proto__',
      'constructor',
      '\0',
      '\n',
    ),
  )
  .filter((name) => !name.endsWith('/')); // the name of a folder's record
