import type { ObjectRecord } from './object-index.js';

/*
 * The extension of an encoded record: fields that the flags of the record have no bit left for. A record without any of
 * them has no extension, and is read by programs that know none.
 *
 *    0  u8   which fields follow: a bit each
 *    1  …    those fields, in the order of their bits
 *
 * To add a field, append it to FIELDS. A program that does not know its bit refuses the record as newer.
 */

type ReadFields = { -readonly [Field in keyof ObjectRecord]?: ObjectRecord[Field] };

interface ExtensionField {
  /** A power of two. */
  readonly bit: number;
  readonly bytes: number;
  isIn(record: ObjectRecord): boolean;
  /** @throws RangeError, TypeError for a value that no record can have */
  write(bytes: Buffer, record: ObjectRecord, at: number): void;
  read(bytes: Buffer, record: ReadFields, at: number): void;
}

const FIELDS: readonly ExtensionField[] = [
  {
    bit: 1,
    bytes: 8,
    isIn: ({ provenAtMs }) => provenAtMs !== undefined,
    write(bytes, { provenAtMs }, at) {
      if (!Number.isFinite(provenAtMs))
        throw new RangeError(`provenAtMs must be a time, got ${provenAtMs}`);
      bytes.writeDoubleLE(provenAtMs ?? 0, at);
    },
    read(bytes, record, at) {
      record.provenAtMs = bytes.readDoubleLE(at);
    },
  },
  {
    bit: 2,
    bytes: 8,
    isIn: ({ attributesDigest }) => attributesDigest !== undefined,
    write(bytes, { attributesDigest = '' }, at) {
      if (!/^[0-9a-f]{16}$/.test(attributesDigest))
        throw new RangeError(`attributesDigest must be 16 hex digits, got ${attributesDigest}`);
      bytes.write(attributesDigest, at, 'hex');
    },
    read(bytes, record, at) {
      record.attributesDigest = bytes.toString('hex', at, at + 8);
    },
  },
  {
    bit: 4,
    bytes: 0,
    isIn: ({ hardLink }) => hardLink !== undefined,
    write() {}, // its bit says all
    read(_bytes, record) {
      record.hardLink = true;
    },
  },
];

const KNOWN_BITS = FIELDS.reduce((bits, { bit }) => bits | bit, 0);

/** The first byte of a record's extension; 0: the record has none. */
export function extensionFlags(record: ObjectRecord): number {
  let flags = 0;
  for (const field of FIELDS) if (field.isIn(record)) flags |= field.bit;
  return flags;
}

/** Whether a newer program has written fields that are not known here. */
export function hasUnknownFields(flags: number): boolean {
  return (flags & ~KNOWN_BITS) !== 0;
}

/** Bytes of an extension with these flags. */
export function extensionBytes(flags: number): number {
  if (flags === 0) return 0;
  return FIELDS.reduce((sum, { bit, bytes }) => (flags & bit ? sum + bytes : sum), 1);
}

/** Returns the place behind it. @throws RangeError, TypeError */
export function writeExtension(
  bytes: Buffer,
  flags: number,
  record: ObjectRecord,
  start: number,
): number {
  if (flags === 0) return start;
  let at = bytes.writeUInt8(flags, start);
  for (const field of FIELDS) {
    if ((flags & field.bit) === 0) continue;
    field.write(bytes, record, at);
    at += field.bytes;
  }
  return at;
}

/** Reads the fields into `record`. Returns the place behind the extension. All of its fields must be known. */
export function readExtension(bytes: Buffer, record: ReadFields, start: number): number {
  const flags = bytes.readUInt8(start);
  let at = start + 1;
  for (const field of FIELDS) {
    if ((flags & field.bit) === 0) continue;
    field.read(bytes, record, at);
    at += field.bytes;
  }
  return at;
}
