import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder, temporaryName } from './durable-file.js';
import { inodeFile } from './inode-table.js';
import { openLmdbFile } from './lmdb-file.js';
import { openLmdbStore } from './lmdb-index.js';
import { headerOf } from './lmdb-peek.js';

/**
 * Makes an index and its table of inodes where there is no index, opens them as they will be opened, and closes them. An
 * opening that fails may end the process, so this is for a child process. A process that opens the files afterwards finds
 * them made, with locks of full size: its opening writes nothing.
 *
 * @throws StateUnavailableError
 */
export async function makeOrTry(file: string): Promise<void> {
  if (isAbsent(file)) await make(file);
  for (const existing of [file, inodeFile(file)]) {
    if (isSound(existing)) await openLmdbFile(existing, {}, { durable: true }).close();
  }
}

/** Whole or not at all: LMDB writes a new file in several steps, and what is between them looks like damage. */
async function make(file: string): Promise<void> {
  const made = temporaryName(file);
  try {
    await (await openLmdbStore(made)).close();
    await rename(inodeFile(made), inodeFile(file));
    await rename(made, file);
    await syncFolder(dirname(file));
  } finally {
    for (const path of [made, inodeFile(made)]) {
      for (const left of [path, `${path}-lock`]) await rm(left, { force: true });
    }
  }
}

/** False for damage, which the check reports: LMDB would not survive it. */
function isSound(file: string): boolean {
  try {
    return headerOf(file) !== 'absent';
  } catch {
    return false;
  }
}

function isAbsent(file: string): boolean {
  try {
    return headerOf(file) === 'absent';
  } catch {
    return false;
  }
}
