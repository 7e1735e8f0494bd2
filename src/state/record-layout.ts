import { type RecordTimes, readTimes, timesBytes } from './record-times.js';

/*
 * One record, little-endian:
 *
 *    0  u32  CRC-32 of the key and of all that follows: LMDB has no checksums of its own
 *    4  u8   version of this layout: that of its times (record-times.ts), which is 1, or 2 for times beyond 64-bit nanoseconds;
 *            2 more with a digest of part digests; 4 more with an extension. The smallest that holds the record, so that an
 *            older program reads all it can
 *    5  u16  flags
 *    7  u16  mode
 *    9  u64  inode
 *   17  f64  hashedAt, milliseconds
 *   25  i64  mtime
 *   33  f64  size
 *        …   what else the times need; as the flags say: uid and gid (u16 each, or u32 each); md5, 16 bytes;
 *            digest of part digests, 16 bytes; part size f64; the extension (record-extension.ts); etag and version id,
 *            each u16 length and UTF-8
 */
export const VERSION = 8;
export const PARTS_VERSION = 2; // added to that of the times
export const EXTENSION_VERSION = 4; // likewise
export const VERSION_AT = 4;
export const FLAGS_AT = 5;
export const INODE_AT = 9;
export const HASHED_AT = 17;
export const MTIME_AT = 25;
export const SIZE_AT = 33;
export const FIXED_BYTES = 41;

export const Flag = {
  sending: 1,
  symlink: 2,
  ctime: 4,
  wideOwner: 8,
  md5: 16,
  /** Most stores' ETag of a small object is the MD5 that is there already. */
  etagIsMd5: 32,
  etag: 64,
  partSize: 128,
  versionId: 256,
  looksRandom: 512,
  looksBlank: 1024,
} as const;

/** Three bits of the flags: the guard's decision, as its position in GUARDED, from 1. */
export const GUARDED_SHIFT = 11;
export const GUARDED_BITS = 7;
/** The two remaining bits: the number of the `metadata` setting. */
export const EPOCH_SHIFT = 14;
export const EPOCH_BITS = 3;

export function timesOf(view: DataView, flags: number): RecordTimes {
  const layout = layoutOf(view.getUint8(VERSION_AT));
  return readTimes(view, layout, (flags & Flag.ctime) !== 0, MTIME_AT, FIXED_BYTES);
}

export function timesBytesOf(bytes: Buffer, flags: number): number {
  return timesBytes(layoutOf(bytes.readUInt8(VERSION_AT)), (flags & Flag.ctime) !== 0);
}

export function isVersion(version: number): boolean {
  return version >= 1 && version <= VERSION;
}

export function layoutOf(version: number): 1 | 2 {
  return version % PARTS_VERSION === 1 ? 1 : 2;
}

export function hasMd5Parts(bytes: Buffer): boolean {
  return ((bytes.readUInt8(VERSION_AT) - 1) & PARTS_VERSION) !== 0;
}

export function hasExtension(bytes: Buffer): boolean {
  return bytes.readUInt8(VERSION_AT) > EXTENSION_VERSION;
}

/** Where the extension begins, in a record that has one. */
export function extensionAt(bytes: Buffer): number {
  const flags = bytes.readUInt16LE(FLAGS_AT);
  return (
    FIXED_BYTES +
    timesBytesOf(bytes, flags) +
    (flags & Flag.wideOwner ? 8 : 4) +
    (flags & Flag.md5 ? 16 : 0) +
    (hasMd5Parts(bytes) ? 16 : 0) +
    (flags & Flag.partSize ? 8 : 0)
  );
}

export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
