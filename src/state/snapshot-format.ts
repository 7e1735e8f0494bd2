import { deflateRawSync } from 'node:zlib';
import { compareNames } from '../utf8-order.js';
import { StateError } from './errors.js';
import type { LedgerDocument } from './ledger.js';
import { LONGEST_NAME_BYTES } from './name-key.js';
import type { ObjectName, ObjectRecord } from './object-index.js';
import { decodeRecord } from './record-codec.js';

/*
 * An index snapshot is one file; numbers are little-endian:
 *
 *    the header: a line of JSON, up to its line feed
 *    blocks: u32 length of what follows, then records that were compressed together (raw DEFLATE, RFC 1951)
 *    u32 0, which ends the blocks
 *    f64 number of records
 *    SHA-256 of all bytes before it
 *
 * A record in a block: u16 length of its name, the name in UTF-8, u32 length, the record as record-codec.ts writes it. Names
 * are in the order of their bytes.
 */

export const SNAPSHOT_FORMAT = 'longshore index snapshot';
export const SNAPSHOT_VERSION = 1;

/** What a snapshot says of itself. */
export interface SnapshotHeader {
  readonly format: typeof SNAPSHOT_FORMAT;
  readonly version: typeof SNAPSHOT_VERSION;
  readonly mirror: string;
  readonly container: string;
  readonly prefix: string;
  /** The fence of the lease under which it was made; null: the mirror has no lease. */
  readonly epoch: number | null;
  /** ISO 8601, by the clock of the machine that made it. */
  readonly madeAt: string;
  /** As in the ledger at that time: which source the records are of, and what the number in each record means. */
  readonly ledger: Pick<LedgerDocument, 'source' | 'mounts' | 'metadata'>;
}

/** A snapshot cannot be used; the message says why, as a part of a sentence about it. */
export class UnusableSnapshotError extends Error {
  override readonly name = 'UnusableSnapshotError';
}

/** Bytes of records that are compressed together; a larger one is alone. */
const BLOCK_BYTES = 256 * 1024;
/** The longest block, compressed or not, that is read. */
export const LONGEST_BLOCK = 64 * 1024 * 1024;
/** The longest header that is read: a mirror remembers few file systems inside its source. */
export const LONGEST_HEADER = 1024 * 1024;
/** What stands behind the last block: its mark, the number of records, and the digest. */
export const DIGEST_BYTES = 32;
export const TRAILER_BYTES = 4 + 8 + DIGEST_BYTES;

/**
 * DEFLATE's level. Most of a record is a digest, an inode and times, which hardly compress: of 200,000 records level 6 makes 2 % less
 * than level 1 (10.1 MB of 22.0), and takes two to four times as long.
 */
const LEVEL = 1;

/** Collects records, in order, and gives them out in compressed blocks. */
export interface BlockPacker {
  /** A block that had no room for this record; undefined: none is full yet. */
  add(key: Uint8Array, record: Uint8Array): Buffer | undefined;
  /** The last block; undefined: nothing was added since. */
  flush(): Buffer | undefined;
  readonly records: number;
}

export function createBlockPacker(): BlockPacker {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let length = 0;
  let records = 0;

  function flush(): Buffer | undefined {
    const packed = length === 0 ? undefined : packBlock(block.subarray(0, length));
    length = 0;
    return packed;
  }

  return {
    get records() {
      return records;
    },
    add(key, record) {
      records += 1;
      const needed = 2 + key.byteLength + 4 + record.byteLength;
      if (needed > BLOCK_BYTES) {
        const alone = Buffer.allocUnsafe(needed);
        writeRow(alone, 0, key, record);
        const before = flush();
        return Buffer.concat([...(before === undefined ? [] : [before]), packBlock(alone)]);
      }
      const full = length + needed > BLOCK_BYTES ? flush() : undefined;
      length = writeRow(block, length, key, record);
      return full;
    },
    flush,
  };
}

function writeRow(block: Buffer, from: number, key: Uint8Array, record: Uint8Array): number {
  let at = block.writeUInt16LE(key.byteLength, from);
  block.set(key, at);
  at = block.writeUInt32LE(record.byteLength, at + key.byteLength);
  block.set(record, at);
  return at + record.byteLength;
}

function packBlock(rows: Buffer): Buffer {
  const packed = deflateRawSync(rows, { level: LEVEL });
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(packed.byteLength);
  return Buffer.concat([length, packed]);
}

/** What stands between the last block and the digest. */
export function endOfBlocks(records: number): Buffer {
  const end = Buffer.alloc(TRAILER_BYTES - DIGEST_BYTES);
  end.writeDoubleLE(records, 4);
  return end;
}

/** One record of a snapshot. `record` undefined: a later longshore wrote it in a layout that this one does not know. */
export type SnapshotRow = readonly [name: ObjectName, record: ObjectRecord | undefined];

/** The records of one block, which was decompressed. `after`: the last name before it. @throws UnusableSnapshotError */
export function* rowsOf(block: Buffer, after: ObjectName | undefined): Generator<SnapshotRow> {
  let last = after;
  let at = 0;
  const take = (bytes: number): Buffer => {
    if (at + bytes > block.byteLength) throw new UnusableSnapshotError('has a torn record');
    at += bytes;
    return block.subarray(at - bytes, at);
  };
  while (at < block.byteLength) {
    const key = take(take(2).readUInt16LE());
    const record = take(take(4).readUInt32LE());
    const name = key.toString('utf8');
    if (key.byteLength === 0 || key.byteLength > LONGEST_NAME_BYTES || !isExact(name, key))
      throw new UnusableSnapshotError('has a name that no record has');
    if (last !== undefined && compareNames(last, name) >= 0)
      throw new UnusableSnapshotError('has names out of order');
    last = name;
    yield [name, recordIn(record, key)];
  }
}

/** Whether the name is what the bytes are: decoding puts U+FFFD in the place of what is no UTF-8. */
function isExact(name: ObjectName, key: Buffer): boolean {
  return Buffer.from(name, 'utf8').equals(key);
}

function recordIn(bytes: Buffer, key: Buffer): ObjectRecord | undefined {
  try {
    return decodeRecord(bytes, key, 'the index snapshot');
  } catch (error) {
    // Its bytes are what was written: the digest of the whole was compared before.
    if (error instanceof StateError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @throws UnusableSnapshotError for another file, or one of a later version */
export function readHeader(line: string): SnapshotHeader {
  const header = parsed(line);
  if (header?.['format'] !== SNAPSHOT_FORMAT)
    throw new UnusableSnapshotError('is damaged: it does not begin as one');
  const { version, mirror, container, prefix, epoch, madeAt, ledger } = header;
  if (typeof version === 'number' && version > SNAPSHOT_VERSION)
    throw new UnusableSnapshotError(
      `was written by a later longshore (its version is ${version}, this one knows ${SNAPSHOT_VERSION})`,
    );
  const isWhole =
    version === SNAPSHOT_VERSION &&
    [mirror, container, prefix, madeAt].every((text) => typeof text === 'string') &&
    (epoch === null || typeof epoch === 'number') &&
    typeof ledger === 'object' &&
    ledger !== null;
  if (!isWhole) throw new UnusableSnapshotError('is damaged: its header lacks a part');
  return header as unknown as SnapshotHeader;
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
