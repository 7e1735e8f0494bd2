import { rmSync } from 'node:fs';
import { temporaryName } from './durable-file.js';
import { inodeFile } from './inode-table.js';
import { openLmdbFile } from './lmdb-file.js';
import { INDEX_TABLES } from './lmdb-index.js';
import { headerOf } from './lmdb-look.js';

/**
 * Opens an index and its table of inodes as they will be opened, or makes other ones beside it where there are none, and
 * closes them. An opening that fails may end the process, so this is for a process of its own.
 *
 * @throws StateUnavailableError
 */
export async function tryOpening(file: string): Promise<void> {
  for (const existing of [file, inodeFile(file)]) {
    if (isWhole(existing)) await openLmdbFile(existing, {}, { durable: true }).close();
    else await tryMaking(file);
  }
}

async function tryMaking(file: string): Promise<void> {
  const trial = temporaryName(file);
  try {
    const made = openLmdbFile(trial, INDEX_TABLES, { durable: true });
    await made.commit(() => made.tables.about.put(Buffer.from('trial'), Buffer.alloc(1)));
    await made.close();
  } finally {
    for (const path of [trial, `${trial}-lock`]) rmSync(path, { force: true });
  }
}

/** Damage is for others to find: here it is only known that LMDB would not survive it. */
function isWhole(file: string): boolean {
  try {
    return headerOf(file) !== 'absent';
  } catch {
    return false;
  }
}
