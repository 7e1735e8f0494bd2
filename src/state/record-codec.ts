import { crc32 } from 'node:zlib';
import { StateDamagedError, StateNewerError } from './errors.js';
import type { ObjectRecord } from './object-index.js';

/*
 * One record, little-endian:
 *
 *    0  u32  CRC-32 of the key and of all that follows: LMDB has no checksums of its own
 *    4  u8   version of this layout
 *    5  u8   flags
 *    6  u16  mode
 *    8  u32  uid
 *   12  u32  gid
 *   16  f64  size
 *   24  i64  mtime, nanoseconds
 *   32  i64  ctime, nanoseconds
 *   40  u64  inode
 *   48  f64  hashedAt, milliseconds
 *   56  16   md5 (absent when the digest is not known yet)
 *        …   as the flags say: part size f64; etag and version id, each u16 length and UTF-8
 */
const VERSION = 1;
const VERSION_AT = 4;
const INODE_AT = 40;
const FIXED_BYTES = 56;

const MD5 = /^[0-9a-f]{32}$/;
const Flag = { sending: 1, symlink: 2, md5: 4, etag: 8, etagIsMd5: 16, partSize: 32, versionId: 64 } as const;

/**
 * A record as bytes. `key` is the name's UTF-8: the checksum covers it, so that a record found under another name is
 * damage too.
 */
export function encodeRecord(record: ObjectRecord, key: Uint8Array): Buffer {
  const { etag, versionId, partSize, md5 } = record;
  // Most stores' ETag of a small object is the MD5 that is there already.
  const etagIsMd5 = etag !== undefined && etag !== '' && etag === md5;
  const etagText = etag === undefined || etagIsMd5 ? undefined : Buffer.from(etag, 'utf8');
  const versionText = versionId === undefined ? undefined : Buffer.from(versionId, 'utf8');
  const length =
    FIXED_BYTES +
    (md5 === '' ? 0 : 16) +
    (partSize === undefined ? 0 : 8) +
    (etagText === undefined ? 0 : 2 + etagText.length) +
    (versionText === undefined ? 0 : 2 + versionText.length);
  const bytes = Buffer.allocUnsafe(length); // every byte is written below
  bytes.writeUInt8(VERSION, VERSION_AT);
  bytes.writeUInt8(
    (record.state === 'sending' ? Flag.sending : 0) |
      (record.kind === 'symlink' ? Flag.symlink : 0) |
      (md5 === '' ? 0 : Flag.md5) |
      (etagText === undefined ? 0 : Flag.etag) |
      (etagIsMd5 ? Flag.etagIsMd5 : 0) |
      (partSize === undefined ? 0 : Flag.partSize) |
      (versionText === undefined ? 0 : Flag.versionId),
    5,
  );
  bytes.writeUInt16LE(record.mode, 6);
  bytes.writeUInt32LE(record.uid, 8);
  bytes.writeUInt32LE(record.gid, 12);
  bytes.writeDoubleLE(record.size, 16);
  bytes.writeBigInt64LE(record.mtimeNs, 24);
  bytes.writeBigInt64LE(record.ctimeNs, 32);
  bytes.writeBigUInt64LE(record.inode, INODE_AT);
  bytes.writeDoubleLE(record.hashedAtMs, 48);
  let at = FIXED_BYTES;
  if (md5 !== '') {
    if (!MD5.test(md5)) throw new TypeError(`md5 must be 32 lower-case hex digits, got "${md5}"`);
    at += bytes.write(md5, at, 16, 'hex');
  }
  if (partSize !== undefined) at = bytes.writeDoubleLE(partSize, at);
  for (const text of [etagText, versionText]) {
    if (text === undefined) continue;
    at = bytes.writeUInt16LE(text.length, at);
    at += text.copy(bytes, at);
  }
  bytes.writeUInt32LE(checksum(bytes, key), 0);
  return bytes;
}

/** @throws StateDamagedError, StateNewerError. `file` is for their message. */
export function decodeRecord(bytes: Buffer, key: Uint8Array, file: string): ObjectRecord {
  checkRecord(bytes, key, file);
  const flags = bytes.readUInt8(5);
  let at = FIXED_BYTES;
  const text = () => {
    const length = bytes.readUInt16LE(at);
    at += 2 + length;
    return bytes.toString('utf8', at - length, at);
  };
  let md5 = '';
  if (flags & Flag.md5) {
    md5 = bytes.toString('hex', at, at + 16);
    at += 16;
  }
  let partSize: number | undefined;
  if (flags & Flag.partSize) {
    partSize = bytes.readDoubleLE(at);
    at += 8;
  }
  const etag = flags & Flag.etagIsMd5 ? md5 : flags & Flag.etag ? text() : undefined;
  const versionId = flags & Flag.versionId ? text() : undefined;
  return {
    state: flags & Flag.sending ? 'sending' : 'confirmed',
    kind: flags & Flag.symlink ? 'symlink' : 'file',
    size: bytes.readDoubleLE(16),
    mtimeNs: bytes.readBigInt64LE(24),
    ctimeNs: bytes.readBigInt64LE(32),
    inode: inodeOf(bytes),
    mode: bytes.readUInt16LE(6),
    uid: bytes.readUInt32LE(8),
    gid: bytes.readUInt32LE(12),
    md5,
    hashedAtMs: bytes.readDoubleLE(48),
    ...(etag !== undefined && { etag }),
    ...(partSize !== undefined && { partSize }),
    ...(versionId !== undefined && { versionId }),
  };
}

/** Whether the bytes are a record of this version, written whole under this key. */
export function checkRecord(bytes: Buffer, key: Uint8Array, file: string): void {
  // The checksum's and the version's places are fixed for all versions.
  if (bytes.length < FIXED_BYTES || bytes.readUInt32LE(0) !== checksum(bytes, key)) {
    throw new StateDamagedError(file, `the record of ${JSON.stringify(Buffer.from(key).toString('utf8'))} is damaged`);
  }
  const version = bytes.readUInt8(VERSION_AT);
  if (version > VERSION) throw new StateNewerError(file, version, VERSION);
  if (version !== VERSION) throw new StateDamagedError(file, `a record has version ${version}, which never was`);
}

/** The inode of an encoded record, without decoding the rest. */
export function inodeOf(bytes: Buffer): bigint {
  return bytes.readBigUInt64LE(INODE_AT);
}

function checksum(bytes: Buffer, key: Uint8Array): number {
  return crc32(bytes.subarray(VERSION_AT), crc32(key));
}
