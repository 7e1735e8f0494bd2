import { type Database, open, type RootDatabase, type Transaction } from 'lmdb';
import { readError, translated, writeError } from './lmdb-errors.js';
import { PAGE_BYTES } from './lmdb-header.js';

/** Address space, not disk or memory: some 300 million records. Growing the map while other threads read is what LMDB likes least. */
const MAP_BYTES = 64 * 2 ** 30;

const OPTIONS = {
  noSubdir: true,
  pageSize: PAGE_BYTES,
  mapSize: MAP_BYTES,
  maxDbs: 3,
  permissionsMode: 0o600,
  // Then a commit's promise resolves after LMDB's fdatasync and its synchronous write of the meta page. With
  // overlappingSync, lmdb-js's default, it resolves when other readers can see the commit, and the flush follows.
  overlappingSync: false,
  // With it, lmdb-js drops the promise that opens each batch, and a failed commit is an unhandled rejection.
  eventTurnBatching: false,
} as const;

const TABLE = { encoding: 'binary', keyEncoding: 'binary' } as const;

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** The writes of one transaction. */
export interface Writes {
  putRecord(key: Buffer, value: Buffer): void;
  removeRecord(key: Buffer): void;
  putInode(inode: Buffer, key: Buffer): void;
  removeInode(inode: Buffer, key: Buffer): void;
}

/** The index's three tables in one LMDB file: records by name, names by inode, and what the file is. */
export interface LmdbTables {
  readonly file: string;
  /** What the file says it is; undefined where it says nothing. */
  about(): string | undefined;
  record(key: Buffer): Buffer | undefined;
  hasRecord(key: Buffer): boolean;
  /** In byte order, as they were when the iteration began. Leaving early gives back the cursor. */
  records(range: { readonly start?: Buffer; readonly end?: Buffer }): Iterable<Entry>;
  keysOfInode(inode: Buffer): Iterable<Buffer>;
  /** Every (inode, name), in byte order. */
  inodes(): Iterable<Entry>;
  countRecords(): number;
  close(): Promise<void>;
}

export interface WritableTables extends LmdbTables {
  writeAbout(text: string): Promise<void>;
  /**
   * One transaction, made on another thread. Resolves when it is on disk and visible to all other threads, as far as
   * the disk keeps its word; a loss of power after that loses nothing. Rejects with nothing of it done.
   */
  commit(write: (writes: Writes) => void): Promise<void>;
}

/** For writing. Creates the file where there is none: look before (see `checkHeader`). */
export function openTables(file: string): WritableTables {
  const { root, ...tables } = openDatabases(file, false);
  let failedBefore = false;

  async function commit(write: () => void): Promise<void> {
    try {
      // After a failure that LMDB cannot recover from (MDB_PANIC), a commit would never settle; this throws instead.
      if (failedBefore) root.transactionSync(() => undefined);
      await root.batch(write);
    } catch (error) {
      failedBefore = true;
      throw await writeError(error, file);
    }
  }

  return {
    ...readTables(file, tables, {}),
    writeAbout: (text) => commit(() => void tables.about.put(ABOUT_KEY, Buffer.from(text))),
    commit: (write) =>
      commit(() =>
        write({
          putRecord: (key, value) => void tables.records.put(key, value),
          removeRecord: (key) => void tables.records.remove(key),
          putInode: (inode, key) => void tables.inodes.put(inode, key),
          removeInode: (inode, key) => void tables.inodes.remove(inode, key),
        }),
      ),
    close: () => root.close(),
  };
}

/** For reading one frozen moment of an existing file, in any thread or process. */
export function openFrozenTables(file: string): LmdbTables {
  const { root, ...tables } = openDatabases(file, true);
  const transaction = root.useReadTransaction();
  return {
    ...readTables(file, tables, { transaction }),
    async close() {
      transaction.done();
      await root.close();
    },
  };
}

type Table = Database<Buffer, Buffer>;

interface Databases {
  readonly root: RootDatabase;
  readonly records: Table;
  readonly inodes: Table;
  readonly about: Table;
}

const ABOUT_KEY = Buffer.from('format');

function openDatabases(file: string, readOnly: boolean): Databases {
  return translated(file, () => {
    const root = open(file, { ...OPTIONS, readOnly });
    try {
      return {
        root,
        records: table(root, 'records', {}),
        inodes: table(root, 'inodes', { dupSort: true }),
        about: table(root, 'about', {}),
      };
    } catch (error) {
      void root.close(); // nothing is under way in it
      throw error;
    }
  });
}

function table(root: RootDatabase, name: string, options: { readonly dupSort?: boolean }): Table {
  const opened: Table | undefined = root.openDB({ name, ...TABLE, ...options });
  if (opened === undefined) throw new Error(`Database not found: ${name}`);
  return opened;
}

function readTables(
  file: string,
  { records, inodes, about }: Omit<Databases, 'root'>,
  snapshot: { readonly transaction?: Transaction },
): Omit<LmdbTables, 'close'> {
  function* read<T>(iterate: () => Iterable<T>): Generator<T> {
    try {
      yield* iterate();
    } catch (error) {
      throw readError(error, file);
    }
  }
  return {
    file,
    about: () => translated(file, () => about.get(ABOUT_KEY, snapshot)?.toString('utf8')),
    record: (key) => translated(file, () => records.get(key, snapshot)),
    hasRecord: (key) => translated(file, () => records.getBinaryFast(key) !== undefined),
    records: (range) => read(() => records.getRange({ ...range, ...snapshot })),
    keysOfInode: (inode) => read(() => inodes.getValues(inode, snapshot)),
    inodes: () => read(() => inodes.getRange({ ...snapshot })),
    countRecords: () => translated(file, () => entryCount(records.getStats())),
  };
}

function entryCount(stats: object): number {
  if ('entryCount' in stats && typeof stats.entryCount === 'number') return stats.entryCount;
  throw new TypeError('lmdb-js tells no entryCount');
}
