import { crc32 } from 'node:zlib';
import { isPartSize } from '../parts-digest.js';
import { StateDamagedError, StateNewerError } from './errors.js';
import { GUARDED, type ObjectRecord } from './object-index.js';
import {
  extensionBytes,
  extensionFlags,
  hasUnknownFields,
  readExtension,
  writeExtension,
} from './record-extension.js';
import { inodeOf } from './record-fields.js';
import {
  EPOCH_BITS,
  EPOCH_SHIFT,
  EXTENSION_VERSION,
  extensionAt,
  FIXED_BYTES,
  FLAGS_AT,
  Flag,
  GUARDED_BITS,
  GUARDED_SHIFT,
  HASHED_AT,
  hasExtension,
  hasMd5Parts,
  isVersion,
  MTIME_AT,
  PARTS_VERSION,
  SIZE_AT,
  timesBytesOf,
  timesOf,
  VERSION,
  VERSION_AT,
  viewOf,
} from './record-layout.js';
import { timesBytes, timesLayout, writeTimes } from './record-times.js';

const MD5 = /^[0-9a-f]{32}$/;

/**
 * A record as bytes. `key` is the name's UTF-8: the checksum covers it, so that a record found under another name is
 * damage too.
 *
 * @throws RangeError, TypeError for a field that no record can have
 */
export function encodeRecord(record: ObjectRecord, key: Uint8Array): Buffer {
  const { etag, versionId, partSize, md5, md5Parts, uid, gid, metadataEpoch = 0 } = record;
  if (!(metadataEpoch >= 0 && metadataEpoch <= EPOCH_BITS))
    throw new RangeError(`metadataEpoch must be 0 to ${EPOCH_BITS}, got ${metadataEpoch}`);
  if (md5 !== '' && !MD5.test(md5))
    throw new TypeError(`md5 must be 32 lower-case hex digits, got "${md5}"`);
  if (partSize !== undefined && !isPartSize(partSize))
    throw new RangeError(`partSize must be a number of bytes above 0, got ${partSize}`);
  if (md5Parts !== undefined && !(MD5.test(md5Parts) && partSize !== undefined))
    throw new TypeError(`md5Parts must be 32 hex digits with a partSize, got "${md5Parts}"`);
  const layout = timesLayout(record);
  const ctimeDiffers = layout === 1 && record.ctimeNs !== record.mtimeNs;
  const behindBytes = timesBytes(layout, ctimeDiffers);
  const wideOwner = uid > 0xffff || gid > 0xffff;
  const etagIsMd5 = md5 !== '' && etag === md5;
  const etagText = etag === undefined || etagIsMd5 ? undefined : Buffer.from(etag, 'utf8');
  const versionText = versionId === undefined ? undefined : Buffer.from(versionId, 'utf8');
  const extension = extensionFlags(record);
  const length =
    FIXED_BYTES +
    behindBytes +
    (wideOwner ? 8 : 4) +
    (md5 === '' ? 0 : 16) +
    (md5Parts === undefined ? 0 : 16) +
    (partSize === undefined ? 0 : 8) +
    extensionBytes(extension) +
    (etagText === undefined ? 0 : 2 + etagText.length) +
    (versionText === undefined ? 0 : 2 + versionText.length);
  const bytes = Buffer.allocUnsafe(length); // every byte is written below
  const version =
    layout +
    (md5Parts === undefined ? 0 : PARTS_VERSION) +
    (extension === 0 ? 0 : EXTENSION_VERSION);
  let at = bytes.writeUInt8(version, VERSION_AT);
  at = bytes.writeUInt16LE(
    (record.state === 'sending' ? Flag.sending : 0) |
      (record.kind === 'symlink' ? Flag.symlink : 0) |
      (ctimeDiffers ? Flag.ctime : 0) |
      (wideOwner ? Flag.wideOwner : 0) |
      (md5 === '' ? 0 : Flag.md5) |
      (etagIsMd5 ? Flag.etagIsMd5 : 0) |
      (etagText === undefined ? 0 : Flag.etag) |
      (partSize === undefined ? 0 : Flag.partSize) |
      (versionText === undefined ? 0 : Flag.versionId) |
      (record.looks === undefined
        ? 0
        : record.looks === 'random'
          ? Flag.looksRandom
          : Flag.looksBlank) |
      (record.guarded === undefined ? 0 : (GUARDED.indexOf(record.guarded) + 1) << GUARDED_SHIFT) |
      (metadataEpoch << EPOCH_SHIFT),
    at,
  );
  at = bytes.writeUInt16LE(record.mode, at);
  at = bytes.writeBigUInt64LE(record.inode, at);
  bytes.writeDoubleLE(record.hashedAtMs, at);
  bytes.writeDoubleLE(record.size, SIZE_AT);
  writeTimes(bytes, layout, record, MTIME_AT, FIXED_BYTES);
  at = FIXED_BYTES + behindBytes;
  const ownerBytes = wideOwner ? 4 : 2;
  at = bytes.writeUIntLE(uid, at, ownerBytes);
  at = bytes.writeUIntLE(gid, at, ownerBytes);
  if (md5 !== '') at += bytes.write(md5, at, 16, 'hex');
  if (md5Parts !== undefined) at += bytes.write(md5Parts, at, 16, 'hex');
  if (partSize !== undefined) at = bytes.writeDoubleLE(partSize, at);
  at = writeExtension(bytes, extension, record, at);
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
  const flags = bytes.readUInt16LE(FLAGS_AT);
  const { mtimeNs, ctimeNs } = timesOf(viewOf(bytes), flags);
  let at = FIXED_BYTES + timesBytesOf(bytes, flags);
  /** Where the next `length` bytes are. */
  const take = (length: number) => {
    at += length;
    return at - length;
  };
  const text = () => {
    const length = bytes.readUInt16LE(take(2));
    const start = take(length);
    return bytes.toString('utf8', start, start + length);
  };
  const ownerBytes = flags & Flag.wideOwner ? 4 : 2;
  const uid = bytes.readUIntLE(take(ownerBytes), ownerBytes);
  const gid = bytes.readUIntLE(take(ownerBytes), ownerBytes);
  const md5 = flags & Flag.md5 ? bytes.toString('hex', take(16), at) : '';
  const record: { -readonly [Field in keyof ObjectRecord]: ObjectRecord[Field] } = {
    state: flags & Flag.sending ? 'sending' : 'confirmed',
    kind: flags & Flag.symlink ? 'symlink' : kindByKey(key),
    size: bytes.readDoubleLE(SIZE_AT),
    mtimeNs,
    ctimeNs,
    inode: inodeOf(bytes),
    mode: bytes.readUInt16LE(7),
    uid,
    gid,
    md5,
    hashedAtMs: bytes.readDoubleLE(HASHED_AT),
  };
  if (hasMd5Parts(bytes)) record.md5Parts = bytes.toString('hex', take(16), at);
  if (flags & Flag.partSize) record.partSize = bytes.readDoubleLE(take(8));
  if (hasExtension(bytes)) at = readExtension(bytes, record, at);
  if (flags & Flag.etagIsMd5) record.etag = md5;
  if (flags & Flag.etag) record.etag = text();
  if (flags & Flag.versionId) record.versionId = text();
  if (flags & (Flag.looksRandom | Flag.looksBlank))
    record.looks = flags & Flag.looksRandom ? 'random' : 'blank';
  const epoch = (flags >> EPOCH_SHIFT) & EPOCH_BITS;
  if (epoch > 0) record.metadataEpoch = epoch;
  const guarded = (flags >> GUARDED_SHIFT) & GUARDED_BITS;
  if (guarded > 0) {
    const said = GUARDED[guarded - 1];
    if (said === undefined)
      throw new StateDamagedError(file, `a record says ${guarded} of the guard, which never was`);
    record.guarded = said;
  }
  return record;
}

/** Whether the bytes are a record of this version, written whole under this key. */
export function checkRecord(bytes: Buffer, key: Uint8Array, file: string): void {
  // The checksum's and the version's places are fixed for all versions.
  if (bytes.length < FIXED_BYTES || bytes.readUInt32LE(0) !== checksum(bytes, key)) {
    throw new StateDamagedError(
      file,
      `the record of ${JSON.stringify(Buffer.from(key).toString('utf8'))} is damaged`,
    );
  }
  const version = bytes.readUInt8(VERSION_AT);
  if (version > VERSION) throw new StateNewerError(file, version, VERSION);
  if (!isVersion(version))
    throw new StateDamagedError(file, `a record has version ${version}, which never was`);
  if (hasExtension(bytes) && hasUnknownFields(bytes.readUInt8(extensionAt(bytes))))
    throw new StateNewerError(file, `${version} with unknown fields`, VERSION);
}

/** The name of a folder's object ends in `/`, and no other does: its record needs no flag, and older programs can read it. */
function kindByKey(key: Uint8Array): 'file' | 'folder' {
  return key.at(-1) === 0x2f ? 'folder' : 'file';
}

function checksum(bytes: Buffer, key: Uint8Array): number {
  return crc32(bytes.subarray(VERSION_AT), crc32(key));
}
