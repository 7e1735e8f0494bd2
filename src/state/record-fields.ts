import type { ObjectRecord, RecordedStat } from './object-index.js';
import { readExtension } from './record-extension.js';
import {
  EPOCH_BITS,
  EPOCH_SHIFT,
  extensionAt,
  FIXED_BYTES,
  FLAGS_AT,
  Flag,
  GUARDED_BITS,
  GUARDED_SHIFT,
  HASHED_AT,
  hasExtension,
  INODE_AT,
  isVersion,
  SIZE_AT,
  timesBytesOf,
  timesOf,
  VERSION_AT,
  viewOf,
} from './record-layout.js';

// Single fields of encoded records: a scan looks at millions of them, and decodes few.

/**
 * Whether the bytes are a confirmed record with exactly this stat and no decision of the guard. It decodes nothing and
 * skips the checksum: a record that is equal to the stat is not damaged, and any other
 * must be decoded.
 */
export function isConfirmedRecord(bytes: Buffer, stat: RecordedStat): boolean {
  if (bytes.length < FIXED_BYTES) return false;
  const view = viewOf(bytes);
  if (!isVersion(view.getUint8(VERSION_AT))) return false; // what decoding says of it
  const flags = view.getUint16(FLAGS_AT, true);
  const { mtimeNs, ctimeNs } = timesOf(view, flags);
  return (
    view.getFloat64(SIZE_AT, true) === stat.size &&
    mtimeNs === stat.mtimeNs &&
    view.getBigUint64(INODE_AT, true) === stat.inode &&
    ctimeNs === stat.ctimeNs &&
    (flags & (Flag.sending | (GUARDED_BITS << GUARDED_SHIFT))) === 0 &&
    ((flags & Flag.symlink) !== 0) === (stat.kind === 'symlink')
  );
}

/** When the content was hashed, without decoding the rest; milliseconds since the epoch. */
export function hashedAtMsOf(bytes: Buffer): number {
  return bytes.readDoubleLE(HASHED_AT);
}

/** See ObjectRecord.metadataEpoch; without decoding the rest. */
export function metadataEpochOf(bytes: Buffer): number {
  return (bytes.readUInt16LE(FLAGS_AT) >> EPOCH_SHIFT) & EPOCH_BITS;
}

/** The content's digest, without decoding the rest; hex, empty where there is none. */
export function md5Of(bytes: Buffer): string {
  const flags = bytes.readUInt16LE(FLAGS_AT);
  if ((flags & Flag.md5) === 0) return '';
  const at = FIXED_BYTES + timesBytesOf(bytes, flags) + (flags & Flag.wideOwner ? 8 : 4);
  return bytes.toString('hex', at, at + 16);
}

/** See ObjectRecord.provenAtMs; without decoding the rest. */
export function provenAtMsOf(bytes: Buffer): number | undefined {
  if (!hasExtension(bytes)) return undefined;
  const fields: { -readonly [Field in keyof ObjectRecord]?: ObjectRecord[Field] } = {};
  readExtension(bytes, fields, extensionAt(bytes));
  return fields.provenAtMs;
}

/** The inode of an encoded record, without decoding the rest. */
export function inodeOf(bytes: Buffer): bigint {
  return bytes.readBigUInt64LE(INODE_AT);
}
