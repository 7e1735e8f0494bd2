import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { ObjectName } from './object-index.js';
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
  /**
   * All records in order, one block at a time; memory holds two. Rejects with UnusableSnapshotError where they are not what the
   * format says.
   */
  blocks(): AsyncGenerator<Iterable<SnapshotRow>, void>;
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
    await compareDigest(file, size);
    const end = size - TRAILER_BYTES;
    return {
      header,
      blocks: () => blocksIn(file, length, end),
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

async function compareDigest(file: FileHandle, size: number): Promise<void> {
  const end = size - DIGEST_BYTES;
  if (end < TRAILER_BYTES) throw new UnusableSnapshotError('is damaged: it was cut short');
  const hash = createHash('sha256');
  for (let at = 0; at < end; ) {
    const chunk = await readAt(file, at, Math.min(READ_BYTES, end - at));
    hash.update(chunk);
    at += chunk.byteLength;
  }
  if (!hash.digest().equals(await readAt(file, end, DIGEST_BYTES)))
    throw new UnusableSnapshotError('is damaged: its bytes are not those of its digest');
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
    const length = (await readAt(file, at, 4)).readUInt32LE();
    at += 4;
    if (length === 0 || length > LONGEST_BLOCK || at + length > end)
      throw new UnusableSnapshotError('has a block of no possible length');
    const rows = [...rowsOf(await inflated(await readAt(file, at, length)), last)];
    at += length;
    last = rows.at(-1)?.[0] ?? last;
    records += rows.length;
    yield rows;
  }
  const trailer = await readAt(file, end, TRAILER_BYTES - DIGEST_BYTES);
  if (trailer.readUInt32LE() !== 0 || trailer.readDoubleLE(4) !== records)
    throw new UnusableSnapshotError(`has ${records} records, and says another number`);
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
