import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { compareNames } from '../utf8-order.js';
import type { ObjectName, ObjectRecord } from './object-index.js';
import {
  DIGEST_BYTES,
  LONGEST_BLOCK,
  LONGEST_HEADER,
  readHeader,
  rowsOf,
  type SnapshotHeader,
  type SnapshotRow,
  TRAILER_BYTES,
  UnusableSnapshotError,
} from './snapshot-format.js';

/** A snapshot whose bytes are those that were written. */
export interface ReadableSnapshot {
  readonly header: SnapshotHeader;
  /** Hex SHA-256 of its bytes: two snapshots with the same one are the same. */
  readonly digest: string;
  /**
   * All records in order, one block at a time; memory holds two. Rejects with UnusableSnapshotError where they are not what the
   * format says.
   */
  blocks(): AsyncGenerator<Iterable<SnapshotRow>, void>;
  /**
   * The record of one name. Memory holds the first name of each block and the block that was read last, so that names in
   * their order cost least. Rejects as `blocks` does.
   */
  find(name: ObjectName): Promise<ObjectRecord | undefined>;
  close(): Promise<void>;
}

const READ_BYTES = 1024 * 1024;

const inflate = promisify(inflateRaw);

/**
 * Opens a snapshot, and compares all of its bytes with its digest first.
 *
 * @throws UnusableSnapshotError for what is no snapshot, was cut short, was changed, or is of a later version; the system's errors
 */
export async function openSnapshot(path: string): Promise<ReadableSnapshot> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const { header, length } = await headerIn(file, size);
    const digest = await comparedDigest(file, size);
    const end = size - TRAILER_BYTES;
    return {
      header,
      digest,
      blocks: () => blocksIn(file, length, end),
      find: openLookup(file, length, end),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The header, which says before anything else is looked at whether this program can read the rest. */
async function headerIn(
  file: FileHandle,
  size: number,
): Promise<{ readonly header: SnapshotHeader; readonly length: number }> {
  const beginning = await readAt(file, 0, Math.min(size, LONGEST_HEADER));
  const lineFeed = beginning.indexOf('\n');
  if (lineFeed === -1) throw new UnusableSnapshotError('is damaged: it does not begin as one');
  return { header: readHeader(beginning.toString('utf8', 0, lineFeed)), length: lineFeed + 1 };
}

async function comparedDigest(file: FileHandle, size: number): Promise<string> {
  const end = size - DIGEST_BYTES;
  if (end < TRAILER_BYTES) throw new UnusableSnapshotError('is damaged: it was cut short');
  const hash = createHash('sha256');
  for (let at = 0; at < end; ) {
    const chunk = await readAt(file, at, Math.min(READ_BYTES, end - at));
    hash.update(chunk);
    at += chunk.byteLength;
  }
  const digest = hash.digest();
  if (!digest.equals(await readAt(file, end, DIGEST_BYTES)))
    throw new UnusableSnapshotError('is damaged: its bytes are not those of its digest');
  return digest.toString('hex');
}

async function* blocksIn(
  file: FileHandle,
  begin: number,
  end: number,
): AsyncGenerator<Iterable<SnapshotRow>, void> {
  let at = begin;
  let last: ObjectName | undefined;
  let records = 0;
  while (at < end) {
    const { block, next } = await blockAt(file, at, end);
    const rows = [...rowsOf(block, last)];
    at = next;
    last = rows.at(-1)?.[0] ?? last;
    records += rows.length;
    yield rows;
  }
  const trailer = await readAt(file, end, TRAILER_BYTES - DIGEST_BYTES);
  if (trailer.readUInt32LE() !== 0 || trailer.readDoubleLE(4) !== records)
    throw new UnusableSnapshotError(`has ${records} records, and says another number`);
}

/** A block, decompressed, and where the next one begins. */
async function blockAt(
  file: FileHandle,
  begin: number,
  end: number,
): Promise<{ readonly block: Buffer; readonly next: number }> {
  const length = (await readAt(file, begin, 4)).readUInt32LE();
  const at = begin + 4;
  if (length === 0 || length > LONGEST_BLOCK || at + length > end)
    throw new UnusableSnapshotError('has a block of no possible length');
  return { block: await inflated(await readAt(file, at, length)), next: at + length };
}

interface PlacedBlock {
  readonly first: ObjectName;
  readonly at: number;
}

/** See ReadableSnapshot.find. */
function openLookup(file: FileHandle, begin: number, end: number): ReadableSnapshot['find'] {
  let table: Promise<readonly PlacedBlock[]> | undefined;
  let last:
    | { readonly at: number; readonly rows: Promise<ReadonlyMap<ObjectName, Row>> }
    | undefined;

  async function rowsAt(at: number): Promise<ReadonlyMap<ObjectName, Row>> {
    const { block } = await blockAt(file, at, end);
    return new Map(rowsOf(block, undefined));
  }

  return async (name) => {
    table ??= placesOf(file, begin, end);
    const placed = (await table).findLast(({ first }) => compareNames(first, name) <= 0);
    if (placed === undefined) return undefined;
    if (last?.at !== placed.at) last = { at: placed.at, rows: rowsAt(placed.at) };
    return (await last.rows).get(name);
  };
}

type Row = SnapshotRow[1];

async function placesOf(
  file: FileHandle,
  begin: number,
  end: number,
): Promise<readonly PlacedBlock[]> {
  const places: PlacedBlock[] = [];
  for (let at = begin; at < end; ) {
    const { block, next } = await blockAt(file, at, end);
    for (const [first] of rowsOf(block, undefined)) {
      places.push({ first, at });
      break; // the others are not decoded
    }
    at = next;
  }
  return places;
}

async function inflated(block: Buffer): Promise<Buffer> {
  try {
    return await inflate(block, { maxOutputLength: LONGEST_BLOCK });
  } catch (error) {
    throw new UnusableSnapshotError('has a block that cannot be decompressed', { cause: error });
  }
}

/** Exactly so many bytes. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let read = 0; read < length; ) {
    const { bytesRead } = await file.read(buffer, read, length - read, position + read);
    if (bytesRead === 0) throw new UnusableSnapshotError('is damaged: it was cut short');
    read += bytesRead;
  }
  return buffer;
}
