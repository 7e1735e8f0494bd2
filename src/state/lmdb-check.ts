import { createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import { reasonOf, StateDamagedError, StateUnavailableError } from './errors.js';
import { checkAbout, headerOf } from './lmdb-index.js';
import { type LmdbTables, openFrozenTables } from './lmdb-tables.js';
import { checkRecord, inodeOf } from './record-codec.js';

/**
 * Looks through a whole index: every record's checksum, the order of the names, and whether the inode table says the
 * same as the records. Damage may also end the process (LMDB trusts its pages, and the kernel sends SIGBUS for one that
 * is not there), so this is for a process of its own.
 *
 * @returns the number of records
 * @throws StateDamagedError, StateNewerError, StateUnavailableError
 */
export async function checkIndex(file: string): Promise<number> {
  await readThrough(file);
  if (headerOf(file) === 'absent') return 0;
  const tables = openFrozenTables(file);
  try {
    checkAbout(tables);
    return checkTables(tables);
  } finally {
    await tables.close();
  }
}

/** A bad sector is an error here; through LMDB's memory map it would look the same as a file cut short. */
async function readThrough(file: string): Promise<void> {
  try {
    for await (const _ of createReadStream(file, { highWaterMark: 1 << 20 }));
  } catch (error) {
    throw new StateUnavailableError(file, `cannot be read: ${reasonOf(error)}`, error);
  }
}

function checkTables(tables: LmdbTables): number {
  const damaged = (what: string) => new StateDamagedError(tables.file, what);
  const inode = Buffer.alloc(8);
  let records = 0;
  let pairsOfRecords = 0;
  let last: Buffer = Buffer.alloc(0);
  for (const { key, value } of tables.records({})) {
    if (Buffer.compare(last, key) >= 0) throw damaged(`names are out of order at ${JSON.stringify(key.toString('utf8'))}`);
    checkRecord(value, key, tables.file);
    inode.writeBigUInt64BE(inodeOf(value));
    pairsOfRecords = addPair(pairsOfRecords, inode, key);
    last = key;
    records++;
  }
  if (records !== tables.countRecords()) throw damaged(`has ${records} records where it says ${tables.countRecords()}`);
  let pairs = 0;
  let pairsOfInodes = 0;
  for (const { key, value } of tables.inodes()) {
    pairsOfInodes = addPair(pairsOfInodes, key, value);
    pairs++;
  }
  if (pairs !== records || pairsOfInodes !== pairsOfRecords) throw damaged('its table of inodes does not agree with its records');
  return records;
}

/** Independent of the order, since the two tables have different ones. */
function addPair(sum: number, inode: Buffer, key: Buffer): number {
  return (sum + crc32(inode, crc32(key))) >>> 0;
}
