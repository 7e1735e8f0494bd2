import { ABORT, type Database, open, type RootDatabase, type Transaction } from 'lmdb';
import { StateDamagedError } from './errors.js';
import {
  hasFailedEnvironment,
  noteFailedEnvironment,
  requireSoundEnvironment,
} from './failed-environment.js';
import { endNativeLine, isUnusable, translated, writeError } from './lmdb-errors.js';
import { PAGE_BYTES } from './lmdb-header.js';
import type { LmdbTable, WritableTable } from './lmdb-table.js';
import { requireOpenable } from './openable.js';

/** Address space, not disk or memory: some 500 million records. Growing the map while other threads read is what LMDB likes least. */
const MAP_BYTES = 64 * 2 ** 30;

const OPTIONS = {
  noSubdir: true,
  pageSize: PAGE_BYTES,
  mapSize: MAP_BYTES,
  maxDbs: 2,
  permissionsMode: 0o600,
  // Then a commit's promise resolves after LMDB's fdatasync and its synchronous write of the meta page. With
  // overlappingSync, lmdb-js's default, it resolves when other readers can see the commit, and the flush follows.
  overlappingSync: false,
  // With it, lmdb-js drops the promise that opens each batch, and a failed commit is an unhandled rejection.
  eventTurnBatching: false,
} as const;

export interface LmdbFile<Name extends string, Table = LmdbTable> {
  readonly tables: Readonly<Record<Name, Table>>;
  close(): Promise<void>;
}

export interface WritableFile<Name extends string> extends LmdbFile<Name, WritableTable> {
  /**
   * One transaction, made on another thread. Resolves when it is visible to all other threads and, in a durable file, on
   * disk as far as the disk keeps its word: a loss of power after that loses nothing. Rejects with nothing of it done,
   * and is the last call that reaches LMDB: each later one, of whatever file, a read too, fails with the same error.
   */
  commit(write: () => void): Promise<void>;
}

export interface TableOptions {
  readonly severalValues?: boolean;
}

type TablesOptions<Name extends string> = Readonly<Record<Name, TableOptions>>;

/**
 * Opens a file for writing, and creates it where there is none: check it before (see `checkHeader`). One that is not
 * `durable` is garbage after a loss of power, and must then be rebuilt.
 */
export function openLmdbFile<Name extends string>(
  file: string,
  tables: TablesOptions<Name>,
  { durable }: { readonly durable: boolean },
): WritableFile<Name> {
  const { root, databases } = openDatabases(file, tables, { noSync: !durable });
  return {
    tables: mapValues(databases, (database) => ({
      ...reads(file, database, {}),
      put: (key, value) => void database.put(key, value),
      remove: (key, value) =>
        void (value === undefined ? database.remove(key) : database.remove(key, value)),
    })),
    async commit(write) {
      requireSoundEnvironment();
      try {
        await root.batch(write);
      } catch (error) {
        endNativeLine();
        const failure = await writeError(error, file);
        noteFailedEnvironment(failure);
        throw failure;
      }
    },
    close: async () => (hasFailedEnvironment() ? undefined : root.close()),
  };
}

/** More than is free in one piece in most files, so that LMDB looks through all of its list of free pages for it. */
const LARGE_VALUE = 16 * 2 ** 20;

/**
 * Does what a commit does before it writes, and writes nothing: it reads the list of free pages, which reading the tables
 * does not. Where that list is damaged, LMDB may end the process.
 */
export async function rehearseCommit<Name extends string>(
  file: string,
  tables: TablesOptions<Name>,
  table: Name,
): Promise<void> {
  const { root, databases } = openDatabases(file, tables, {});
  try {
    translated(file, () =>
      root.transactionSync(() => {
        const key = Buffer.from('rehearsal');
        databases[table].putSync(key, Buffer.alloc(LARGE_VALUE));
        if (!wasPut(databases[table], key))
          throw new StateDamagedError(file, 'LMDB finds no way to write to it');
        return ABORT;
      }),
    );
  } finally {
    await root.close();
  }
}

/** lmdb-js says true of a put that failed; what follows in the same transaction fails then. */
function wasPut(database: BinaryDatabase, key: Buffer): boolean {
  try {
    return database.doesExist(key);
  } catch {
    return false;
  }
}

/** For reading one frozen moment of an existing file, in any thread or process. */
export function openFrozenLmdbFile<Name extends string>(
  file: string,
  tables: TablesOptions<Name>,
): LmdbFile<Name> {
  const { root, databases } = openDatabases(file, tables, { readOnly: true });
  const transaction = root.useReadTransaction(); // after the tables: opening one ends the transaction before it
  return {
    tables: mapValues(databases, (database) => reads(file, database, { transaction })),
    async close() {
      if (hasFailedEnvironment()) return;
      transaction.done();
      await root.close();
    },
  };
}

/** Copies one moment of a file that others write to. `copy` must not be there. */
export async function copyLmdbFile(file: string, copy: string): Promise<void> {
  requireOpenable(file, 'read');
  const root = translated(file, () => open(file, { ...OPTIONS, readOnly: true }));
  try {
    await root.backup(copy, false);
  } finally {
    await root.close();
  }
}

type BinaryDatabase = Database<Buffer, Buffer>;

interface Databases<Name extends string> {
  readonly root: RootDatabase;
  readonly databases: Readonly<Record<Name, BinaryDatabase>>;
}

function openDatabases<Name extends string>(
  file: string,
  tables: TablesOptions<Name>,
  mode: { readonly noSync?: boolean; readonly readOnly?: boolean },
): Databases<Name> {
  requireSoundEnvironment();
  requireOpenable(file, mode.readOnly ? 'read' : 'write');
  return translated(file, () => {
    const root = open(file, { ...OPTIONS, ...mode });
    try {
      return {
        root,
        databases: mapValues(tables, (options, name) => openDatabase(root, name, options)),
      };
    } catch (error) {
      if (!isUnusable(error)) void root.close(); // nothing is under way in it
      throw error;
    }
  });
}

function openDatabase(
  root: RootDatabase,
  name: string,
  { severalValues = false }: TableOptions,
): BinaryDatabase {
  const database: BinaryDatabase | undefined = root.openDB({
    name,
    encoding: 'binary',
    keyEncoding: 'binary',
    dupSort: severalValues,
  });
  if (database === undefined) throw new Error(`Database not found: ${name}`); // as lmdb-js says it elsewhere
  return database;
}

function reads(
  file: string,
  database: BinaryDatabase,
  snapshot: { readonly transaction?: Transaction },
): LmdbTable {
  function guarded<T>(read: () => T): T {
    requireSoundEnvironment();
    return translated(file, read);
  }

  function* iterate<T>(start: () => Iterable<T>): Generator<T> {
    const entries = guarded(start)[Symbol.iterator]();
    let left: (() => void) | undefined = () => void entries.return?.();
    try {
      for (
        let next = guarded(() => entries.next());
        !next.done;
        next = guarded(() => entries.next())
      )
        yield next.value;
      left = undefined;
    } finally {
      if (left !== undefined && !hasFailedEnvironment()) left();
    }
  }
  return {
    get: (key) => guarded(() => database.get(key, snapshot)),
    entries: (range) => iterate(() => database.getRange({ ...range, ...snapshot })),
    keyFrom(key) {
      const [found] = iterate(() => database.getKeys({ start: key, limit: 1, ...snapshot }));
      return found;
    },
    keyAfter(key, count) {
      // LMDB skips the keys between, and none of them becomes an object of JavaScript.
      const offset = key === undefined ? count - 1 : count;
      const range = { ...(key && { start: key }), offset, limit: 1 };
      const [found] = iterate(() => database.getKeys({ ...range, ...snapshot }));
      return found;
    },
    valuesOf: (key) => iterate(() => database.getValues(key, snapshot)),
    count: () => guarded(() => entryCount(database.getStats())),
  };
}

function mapValues<Name extends string, From, To>(
  values: Readonly<Record<Name, From>>,
  map: (value: From, name: Name) => To,
): Record<Name, To> {
  const names = Object.keys(values) as Name[];
  return Object.fromEntries(names.map((name) => [name, map(values[name], name)])) as Record<
    Name,
    To
  >;
}

function entryCount(stats: object): number {
  if ('entryCount' in stats && typeof stats.entryCount === 'number') return stats.entryCount;
  throw new TypeError('lmdb-js returned no entryCount');
}
