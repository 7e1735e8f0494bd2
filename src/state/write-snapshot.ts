import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { IndexEntry } from './object-index.js';
import { createBlockPacker, endOfBlocks, type SnapshotHeader } from './snapshot-format.js';

/** What a snapshot has. */
export interface WrittenSnapshot {
  readonly records: number;
  readonly bytes: number;
}

/**
 * Writes a snapshot of these entries, which are in order, to an open, empty file. Memory holds one block. `beforeRecord` is
 * called for each record, and what it throws ends the writing. Throws StateDamagedError for a damaged record, and the
 * system's errors.
 */
export function writeSnapshot(
  file: number,
  header: SnapshotHeader,
  entries: Iterable<Pick<IndexEntry, 'name' | 'encoded'>>,
  beforeRecord: () => void = () => {},
): WrittenSnapshot {
  const hash = createHash('sha256');
  const packer = createBlockPacker();
  let bytes = 0;
  const write = (chunk: Uint8Array | undefined) => {
    if (chunk === undefined) return;
    writeAll(file, chunk);
    bytes += chunk.byteLength;
  };
  const writeHashed = (chunk: Uint8Array | undefined) => {
    if (chunk !== undefined) hash.update(chunk);
    write(chunk);
  };
  writeHashed(Buffer.from(`${JSON.stringify(header)}\n`));
  for (const { name, encoded } of entries) {
    beforeRecord();
    writeHashed(packer.add(Buffer.from(name, 'utf8'), encoded));
  }
  writeHashed(packer.flush());
  writeHashed(endOfBlocks(packer.records));
  write(hash.digest());
  return { records: packer.records, bytes };
}

function writeAll(file: number, chunk: Uint8Array): void {
  for (let written = 0; written < chunk.byteLength; )
    written += writeSync(file, chunk, written, chunk.byteLength - written);
}
