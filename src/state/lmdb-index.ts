import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { noteDamage } from './check-mark.js';
import { reasonOf, StateDamagedError, StateNewerError, StateUnavailableError, systemCode } from './errors.js';
import { checkHeader, HEADER_BYTES } from './lmdb-header.js';
import { type LmdbTables, openFrozenTables, openTables, type WritableTables } from './lmdb-tables.js';
import { keyBeyond, keyIfHeld, keyOf } from './name-key.js';
import type { IndexRange, IndexView, ObjectName, ObjectRecord } from './object-index.js';
import { decodeRecord, encodeRecord, inodeOf } from './record-codec.js';
import type { Changes, RecordStore } from './record-store.js';

const ABOUT = 'longshore object index';
const VERSION = 1;

export function lmdbFile(folder: string): string {
  return join(folder, 'index.mdb');
}

/** Opens the index of a mirror's folder, or makes a new one. @throws StateDamagedError, StateNewerError, StateUnavailableError */
export async function openLmdbStore(file: string): Promise<RecordStore> {
  const isNew = headerOf(file) === 'absent';
  const tables = openTables(file);
  try {
    if (isNew) await tables.writeAbout(JSON.stringify({ is: ABOUT, version: VERSION }));
    checkAbout(tables);
    return lmdbStore(tables);
  } catch (error) {
    await tables.close();
    throw error;
  }
}

/** What the file's first bytes say, without LMDB touching them. */
export function headerOf(file: string): 'absent' | 'whole' | 'short' {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const { size } = fstatSync(descriptor);
    const header = Buffer.alloc(HEADER_BYTES);
    const read = readSync(descriptor, header, 0, HEADER_BYTES, 0);
    // LMDB writes both meta pages at once, so that an empty file is one whose making was interrupted.
    return size === 0 ? 'absent' : checkHeader(header.subarray(0, read), size, file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'absent';
    if (systemCode(error) === '') throw error;
    throw new StateUnavailableError(file, `cannot be read: ${reasonOf(error)}`, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Whether the file is one of ours that this program knows. @throws StateDamagedError, StateNewerError */
export function checkAbout(tables: LmdbTables): void {
  const text = tables.about() ?? '';
  const [, version] = /^\{"is":"longshore object index","version":(\d+)\}$/.exec(text) ?? [];
  if (version === undefined) throw new StateDamagedError(tables.file, 'does not say that it is an index of longshore');
  if (Number(version) > VERSION) throw new StateNewerError(tables.file, Number(version), VERSION);
}

function lmdbStore(tables: WritableTables): RecordStore {
  let count = tables.countRecords();
  return {
    engine: 'lmdb',
    get: (name) => getRecord(tables, name),
    has(name) {
      const key = keyIfHeld(name);
      return key !== undefined && tables.hasRecord(key);
    },
    entries: (range) => entriesOf(tables, range),
    *namesOfInode(inode) {
      for (const key of tables.keysOfInode(inodeKey(inode))) yield key.toString('utf8');
    },
    count: () => count,
    async commit(changes: Changes) {
      let added = 0;
      await tables.commit((writes) => {
        for (const [name, record] of changes) {
          const key = keyOf(name);
          const before = tables.record(key);
          const inode = record?.inode;
          const inodeBefore = before === undefined ? undefined : inodeOf(before);
          if (inodeBefore !== undefined && inodeBefore !== inode) writes.removeInode(inodeKey(inodeBefore), key);
          if (inode !== undefined && inode !== inodeBefore) writes.putInode(inodeKey(inode), key);
          if (record !== undefined) writes.putRecord(key, encodeRecord(record, key));
          else if (before !== undefined) writes.removeRecord(key);
          added += Number(record !== undefined) - Number(before !== undefined);
        }
      });
      count += added;
    },
    close: () => tables.close(),
  };
}

/** A frozen view for another thread or process. @throws StateDamagedError, StateNewerError, StateUnavailableError */
export async function openLmdbView(file: string): Promise<IndexView> {
  if (headerOf(file) === 'absent') throw new StateUnavailableError(file, 'does not exist, so there is no index to look at');
  const tables = openFrozenTables(file);
  return {
    get: (name) => getRecord(tables, name),
    entries: (range = {}) => entriesOf(tables, range),
    close: () => tables.close(),
  };
}

function getRecord(tables: LmdbTables, name: ObjectName): ObjectRecord | undefined {
  const key = keyIfHeld(name);
  try {
    const bytes = key && tables.record(key);
    return key && bytes && decodeRecord(bytes, key, tables.file);
  } catch (error) {
    throw noteDamage(tables.file, error);
  }
}

function* entriesOf(tables: LmdbTables, { prefix = '', after }: IndexRange): Generator<readonly [ObjectName, ObjectRecord]> {
  const first = Buffer.from(prefix, 'utf8');
  const beyond = keyBeyond(first);
  const afterKey = after === undefined ? undefined : Buffer.from(after, 'utf8');
  const start = afterKey !== undefined && Buffer.compare(afterKey, first) > 0 ? afterKey : first;
  const range = { ...(start.length > 0 && { start }), ...(beyond !== undefined && { end: beyond }) };
  try {
    for (const { key, value } of tables.records(range)) {
      if (afterKey?.equals(key)) continue;
      yield [key.toString('utf8'), decodeRecord(value, key, tables.file)];
    }
  } catch (error) {
    throw noteDamage(tables.file, error);
  }
}

/** Big-endian, so that the table's order is the inodes' order. */
function inodeKey(inode: bigint): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(inode);
  return key;
}
