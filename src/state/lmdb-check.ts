import { createReadStream } from 'node:fs';
import { reasonOf, StateDamagedError, StateUnavailableError } from './errors.js';
import { type InodeChange, type InodeTable, newInodeTable } from './inode-table.js';
import { type LmdbTable, openFrozenLmdbFile, rehearseCommit } from './lmdb-file.js';
import { checkAbout, INDEX_TABLES } from './lmdb-index.js';
import { headerOf } from './lmdb-look.js';
import { checkRecord, inodeOf } from './record-codec.js';

const LEADS_PER_COMMIT = 5_000;

/**
 * Looks through a whole index: every record's checksum, the order and number of the names, and whether a commit would find
 * its way; and makes the table of inodes anew. Damage may also end the process (LMDB trusts its pages, and the kernel sends SIGBUS for one that is not
 * there), so this is for a process of its own. Nothing is written to the index itself.
 *
 * @returns the number of records
 * @throws StateDamagedError, StateNewerError, StateUnavailableError
 */
export async function checkIndex(file: string): Promise<number> {
  await readThrough(file);
  if (headerOf(file) === 'absent') return 0;
  const index = openFrozenLmdbFile(file, INDEX_TABLES);
  const inodes = await newInodeTable(file);
  let records: number;
  try {
    checkAbout(index.tables.about, file);
    records = await checkRecords(index.tables.records, inodes, file);
  } finally {
    await inodes.close();
    await index.close();
  }
  await rehearseCommit(file, INDEX_TABLES, 'about');
  return records;
}

/** A bad sector is an error here; through LMDB's memory map it would look the same as a file cut short. */
async function readThrough(file: string): Promise<void> {
  try {
    for await (const _ of createReadStream(file, { highWaterMark: 1 << 20 }));
  } catch (error) {
    throw new StateUnavailableError(file, `cannot be read: ${reasonOf(error)}`, error);
  }
}

async function checkRecords(records: LmdbTable, inodes: InodeTable, file: string): Promise<number> {
  let seen = 0;
  let last: Buffer = Buffer.alloc(0);
  let leads: InodeChange[] = [];
  for (const { key, value } of records.entries()) {
    if (Buffer.compare(last, key) >= 0) {
      throw new StateDamagedError(file, `names are out of order at ${JSON.stringify(key.toString('utf8'))}`);
    }
    checkRecord(value, key, file);
    last = key;
    seen++;
    leads.push({ inode: inodeOf(value), key, change: 'add' });
    if (leads.length < LEADS_PER_COMMIT) continue;
    await inodes.note(leads);
    leads = [];
  }
  await inodes.note(leads);
  if (seen !== records.count()) throw new StateDamagedError(file, `has ${seen} records where it says ${records.count()}`);
  return seen;
}
