import { join } from 'node:path';
import { failpoint } from '../failpoint.js';
import { noteDamage } from './check-mark.js';
import { StateDamagedError, StateNewerError } from './errors.js';
import { requireRoomForCommit } from './free-space.js';
import { type InodeChange, type InodeTable, newInodeTable, openInodeTable } from './inode-table.js';
import { openFrozenLmdbFile, openLmdbFile, type WritableFile } from './lmdb-file.js';
import { headerOf } from './lmdb-peek.js';
import type { LmdbTable } from './lmdb-table.js';
import { lookUps } from './look-ups.js';
import { keyBeyond, keyIfHeld } from './name-key.js';
import type {
  IndexEntry,
  IndexRange,
  IndexView,
  ObjectName,
  ObjectRecord,
  RecordedStat,
} from './object-index.js';
import { checkRecord, decodeRecord } from './record-codec.js';
import {
  hashedAtMsOf,
  inodeOf,
  isConfirmedRecord,
  md5Of,
  metadataEpochOf,
  provenAtMsOf,
} from './record-fields.js';
import type { Change, RecordStore } from './record-store.js';

export const ABOUT_KEY = Buffer.from('format');
const ABOUT = /^\{"is":"longshore object index","version":(\d{1,9})\}$/;
const VERSION = 1;

export const INDEX_TABLES = { records: {}, about: {} } as const;

export function lmdbFile(folder: string): string {
  return join(folder, 'index.mdb');
}

/** Opens an index, or makes a new one. @throws StateDamagedError, StateNewerError, StateUnavailableError */
export async function openLmdbStore(file: string): Promise<RecordStore> {
  const isNew = headerOf(file) === 'absent';
  const index = openLmdbFile(file, INDEX_TABLES, { durable: true });
  try {
    const about = Buffer.from(JSON.stringify({ is: 'longshore object index', version: VERSION }));
    if (isNew) await index.commit(() => index.tables.about.put(ABOUT_KEY, about));
    checkAbout(index.tables.about.get(ABOUT_KEY), file);
    return lmdbStore(file, index, isNew ? await newInodeTable(file) : openInodeTable(file));
  } catch (error) {
    await index.close();
    throw error;
  }
}

/** Whether the file is one of ours that this program knows; `about`: under ABOUT_KEY. @throws StateDamagedError, StateNewerError */
export function checkAbout(about: Buffer | undefined, file: string): void {
  const [, version] = ABOUT.exec(about?.toString('utf8') ?? '') ?? [];
  if (version === undefined)
    throw new StateDamagedError(file, 'does not say that it is an index of longshore');
  if (Number(version) > VERSION) throw new StateNewerError(file, Number(version), VERSION);
}

function lmdbStore(
  file: string,
  index: WritableFile<keyof typeof INDEX_TABLES>,
  inodes: InodeTable,
): RecordStore {
  const { records } = index.tables;
  let count = records.count();
  return {
    engine: 'lmdb',
    get: (name) => getRecord(records.get, name, file),
    getAll(names) {
      const lookUp = lookUps(records);
      return names.map((name) => getRecord(lookUp, name, file));
    },
    inodesOf(names) {
      const lookUp = lookUps(records);
      try {
        return names.map(({ key }) => {
          const bytes = lookUp(key);
          return bytes && inodeOf(bytes);
        });
      } catch (error) {
        throw noteDamage(file, error);
      }
    },
    entries: (range) => entriesOf(records, range, file),
    *namesOfInode(inode) {
      for (const name of inodes.namesOf(inode))
        if (inodeIn(records, name, file) === inode) yield name;
    },
    nameAfter(after, count) {
      const key = after === undefined ? undefined : keyIfHeld(after);
      try {
        return records.keyAfter(key, count)?.toString('utf8');
      } catch (error) {
        throw noteDamage(file, error);
      }
    },
    count: () => count,
    async commit(changes: readonly Change[]) {
      requireRoomForCommit(file, changes.length);
      const hints: InodeChange[] = [];
      let added = 0;
      await index.commit(() => {
        for (const { key, put, before } of changes) {
          const inode = put?.record.inode;
          if (before !== undefined && before !== inode)
            hints.push({ inode: before, key, change: 'remove' });
          if (inode !== undefined && inode !== before) hints.push({ inode, key, change: 'add' });
          if (put !== undefined) records.put(key, put.bytes);
          else if (before !== undefined) records.remove(key);
          added += Number(put !== undefined) - Number(before !== undefined);
        }
      });
      count += added;
      failpoint('state: index committed, leads not noted');
      await inodes.note(hints);
    },
    async close() {
      await inodes.close();
      await index.close();
    },
  };
}

/**
 * A frozen view for another thread or process.
 * @throws StateDamagedError (also when there is none), StateNewerError, StateUnavailableError
 */
export async function openLmdbView(file: string): Promise<IndexView> {
  if (headerOf(file) === 'absent')
    throw new StateDamagedError(file, 'is gone, so there is no index to look at');
  const index = openFrozenLmdbFile(file, INDEX_TABLES);
  const { records } = index.tables;
  return {
    get: (name) => getRecord(records.get, name, file),
    entries: (range = {}) => viewEntries(records, range, file),
    close: () => index.close(),
  };
}

function getRecord(
  get: LmdbTable['get'],
  name: ObjectName,
  file: string,
): ObjectRecord | undefined {
  const key = keyIfHeld(name);
  try {
    const bytes = key && get(key);
    return key && bytes && decodeRecord(bytes, key, file);
  } catch (error) {
    throw noteDamage(file, error);
  }
}

/** The inode of a name's record, without the rest of it. */
function inodeIn(records: LmdbTable, name: ObjectName, file: string): bigint | undefined {
  const key = keyIfHeld(name);
  try {
    const bytes = key && records.get(key);
    return bytes && inodeOf(bytes);
  } catch (error) {
    throw noteDamage(file, error);
  }
}

function* entriesOf(
  records: LmdbTable,
  range: IndexRange,
  file: string,
): Generator<readonly [ObjectName, ObjectRecord]> {
  for (const entry of viewEntries(records, range, file)) yield [entry.name, entry.record];
}

function* viewEntries(
  records: LmdbTable,
  { prefix = '', after, upTo }: IndexRange,
  file: string,
): Generator<IndexEntry> {
  const first = Buffer.from(prefix, 'utf8');
  const beyond = keyBeyond(first);
  const afterKey = after === undefined ? undefined : Buffer.from(after, 'utf8');
  const start = afterKey !== undefined && Buffer.compare(afterKey, first) > 0 ? afterKey : first;
  const end = earlier(beyond, upTo === undefined ? undefined : Buffer.from(`${upTo}\0`, 'utf8'));
  const range = { ...(start.length > 0 && { start }), ...(end !== undefined && { end }) };
  try {
    for (const { key, value } of records.entries(range)) {
      if (!afterKey?.equals(key)) yield new LmdbEntry(key, value, file);
    }
  } catch (error) {
    throw noteDamage(file, error);
  }
}

function earlier(a: Buffer | undefined, b: Buffer | undefined): Buffer | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Buffer.compare(a, b) <= 0 ? a : b;
}

class LmdbEntry implements IndexEntry {
  readonly name: ObjectName;
  readonly #key: Buffer;
  readonly #value: Buffer;
  readonly #file: string;

  constructor(key: Buffer, value: Buffer, file: string) {
    this.name = key.toString('utf8');
    this.#key = key;
    this.#value = value;
    this.#file = file;
  }

  get record(): ObjectRecord {
    try {
      return decodeRecord(this.#value, this.#key, this.#file);
    } catch (error) {
      throw noteDamage(this.#file, error);
    }
  }

  get hashedAtMs(): number {
    return hashedAtMsOf(this.#value);
  }

  get md5(): string {
    return md5Of(this.#value);
  }

  get metadataEpoch(): number {
    return metadataEpochOf(this.#value);
  }

  get provenAtMs(): number | undefined {
    return provenAtMsOf(this.#value);
  }

  get encoded(): Uint8Array {
    try {
      checkRecord(this.#value, this.#key, this.#file);
      return this.#value;
    } catch (error) {
      throw noteDamage(this.#file, error);
    }
  }

  isConfirmed(stat: RecordedStat): boolean {
    return isConfirmedRecord(this.#value, stat);
  }
}
