import { inodeFile } from './inode-table.js';
import { openLmdbFile } from './lmdb-file.js';
import { openLmdbStore } from './lmdb-index.js';
import { headerOf } from './lmdb-look.js';

/**
 * Makes an index and its table of inodes where there is no index, or opens them as they will be opened, and closes them.
 * An opening that fails may end the process, so this is for a process of its own. Another process that opens the files
 * afterwards finds them made, with locks of full size: its opening writes nothing.
 *
 * @throws StateUnavailableError
 */
export async function makeOrTry(file: string): Promise<void> {
  if (isAbsent(file)) return (await openLmdbStore(file)).close();
  for (const existing of [file, inodeFile(file)]) {
    if (isSound(existing)) await openLmdbFile(existing, {}, { durable: true }).close();
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
