import { closeSync, openSync } from 'node:fs';
import { LmdbInconsistentError, type LmdbTree, openLmdbTree } from '../lmdb-tree.js';
import { reasonOf, StateDamagedError, StateError, StateUnavailableError } from './errors.js';
import { type InodeChange, type InodeTable, newInodeTable } from './inode-table.js';
import { rehearseCommit } from './lmdb-file.js';
import { ABOUT_KEY, checkAbout, INDEX_TABLES } from './lmdb-index.js';
import { headerOf } from './lmdb-peek.js';
import { checkRecord } from './record-codec.js';
import { inodeOf } from './record-fields.js';

const LEADS_PER_COMMIT = 5_000;

/**
 * Reads a whole index without LMDB: every page, every record's checksum, the order and number of the names, and the list
 * of free pages; and makes the table of inodes from the records. Then LMDB is asked to rehearse a commit, which may end the
 * process, so this is for a process of its own. Nothing is written to the index itself.
 *
 * @returns the number of records
 * @throws StateDamagedError when what was read is inconsistent, StateNewerError, StateUnavailableError when it could not be read
 */
export async function checkIndex(file: string): Promise<number> {
  if (headerOf(file) === 'absent') return 0;
  const inodes = await newInodeTable(file);
  let records: number;
  try {
    records = await readThrough(file, inodes);
  } finally {
    await inodes.close();
  }
  await rehearseCommit(file, INDEX_TABLES, 'about');
  return records;
}

async function readThrough(file: string, inodes: InodeTable): Promise<number> {
  const descriptor = openSync(file, 'r');
  try {
    const tree = openLmdbTree(descriptor);
    if (tree === undefined) return 0;
    const about = [...tree.entries('about')].find(({ key }) => key.equals(ABOUT_KEY));
    checkAbout(about?.value, file);
    const records = await checkRecords(tree, inodes, file);
    tree.checkFreePages();
    return records;
  } catch (error) {
    if (error instanceof StateError) throw error;
    if (error instanceof LmdbInconsistentError)
      throw new StateDamagedError(file, error.message, error);
    throw new StateUnavailableError(file, `cannot be read: ${reasonOf(error)}`, error);
  } finally {
    closeSync(descriptor);
  }
}

async function checkRecords(tree: LmdbTree, inodes: InodeTable, file: string): Promise<number> {
  let seen = 0;
  let last: Buffer = Buffer.alloc(0);
  let hints: InodeChange[] = [];
  for (const { key, value } of tree.entries('records')) {
    if (Buffer.compare(last, key) >= 0) {
      throw new StateDamagedError(
        file,
        `names are out of order at ${JSON.stringify(key.toString('utf8'))}`,
      );
    }
    checkRecord(value, key, file);
    last = key;
    seen++;
    hints.push({ inode: inodeOf(value), key, change: 'add' });
    if (hints.length < LEADS_PER_COMMIT) continue;
    await inodes.note(hints);
    hints = [];
  }
  await inodes.note(hints);
  return seen;
}
