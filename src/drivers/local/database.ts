import { open, type RootDatabase, type TransactionFlags } from 'lmdb';
import { compareNames } from '../../utf8-order.js';
import { looksSound, requireRoom, setAside } from './database-file.js';
import { decodeRecord, encodeRecord, type ObjectRecord, type StoredRecord } from './record.js';

/** What is known of the objects of a root, by container and key. To lose a record is to lose a digest, no more. */
export interface Records {
  readonly writable: boolean;
  /** Records read or written since it was opened: a measure of how much of the file is mapped into memory. */
  touched(): number;
  get(container: string, key: string): StoredRecord | undefined;
  put(container: string, key: string, record: ObjectRecord): void;
  remove(container: string, key: string): void;
  /** The records of a container from `key` on, to be asked in byte order. Close it in the same turn. */
  cursor(container: string, key: string): RecordCursor;
  /** Runs alone among all threads and processes that write to this root; its records are committed together. */
  exclusive<T>(run: () => T): T;
  /** From here on, what other processes have committed meanwhile is seen. */
  refresh(): void;
  close(): Promise<void>;
}

export interface RecordCursor {
  /** Keys must ascend from call to call. */
  seek(key: string): StoredRecord | undefined;
  /** Keys of records that were passed without being asked for: nobody has seen a file for them. */
  readonly passed: readonly string[];
  close(): void;
}

export interface RecordsOptions {
  readonly readOnly: boolean;
  /** False: commits are not flushed, and the file may be damaged by a loss of power. */
  readonly flush: boolean;
}

/** A damaged file is set aside and begun anew, unless it may only be read: then this throws. */
export function openRecords(file: string, options: RecordsOptions): Records {
  if (options.readOnly) return recordsOf(openDatabase(file, options), undefined);
  if (!looksSound(file)) setAside(file);
  requireRoom(file);
  let database = openDatabase(file, options);
  const renew = () => {
    const damaged = database;
    setAside(file);
    database = openDatabase(file, options);
    // Later: a transaction of it may be under way. Nothing of it is wanted, not even its complaints.
    setImmediate(() => damaged.close().then(undefined, () => undefined));
    return database;
  };
  try {
    // A count, even one with a limit, would go over all keys, and map the whole file into memory.
    for (const _ of database.getKeys({ limit: 1 })) break;
  } catch (error) {
    if (!isDamage(error)) throw error;
    renew();
  }
  return recordsOf(database, renew);
}

type Lmdb = RootDatabase<Buffer, Buffer>;

function openDatabase(path: string, { readOnly, flush }: RecordsOptions): Lmdb {
  return open<Buffer, Buffer>({
    path,
    noSubdir: true,
    readOnly,
    encoding: 'binary',
    keyEncoding: 'binary',
    pageSize: 8192, // keys of up to 4026 bytes
    maxDbs: 1,
    ...(flush ? {} : { noSync: true, overlappingSync: false }),
  });
}

/** lmdb's own complaints are negative numbers; those of the system, such as a full disk, positive. */
function isDamage(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return typeof code === 'number' && code < 0;
}

/** SYNCHRONOUS_COMMIT and NO_SYNC_FLUSH of lmdb's TransactionFlags, whose values its module does not export. */
const COMMIT_FLAGS = 0x10002 as TransactionFlags;

/** `renew` begins a damaged one anew, where that is allowed. */
function recordsOf(opened: Lmdb, renew: (() => Lmdb) | undefined): Records {
  let database = opened;
  let touched = 0;
  const touch = () => {
    touched += 1;
  };

  /** Records are a convenience: when the database turns out to be damaged, there are none. */
  function orNone<T>(run: () => T, none: T): T {
    try {
      return run();
    } catch (error) {
      if (!isDamage(error)) throw error;
      database = renew?.() ?? database;
      return none;
    }
  }

  return {
    writable: renew !== undefined,
    touched: () => touched,
    get(container, key) {
      touch();
      return orNone(() => decode(database.get(databaseKey(container, key))), undefined);
    },
    put(container, key, record) {
      touch();
      orNone(() => database.putSync(databaseKey(container, key), encodeRecord(record)), undefined);
    },
    remove: (container, key) => void orNone(() => database.removeSync(databaseKey(container, key)), false),
    cursor: (container, key) => cursorOf(database, container, key, orNone, touch),
    exclusive(run) {
      let result: { readonly value: ReturnType<typeof run> } | undefined;
      const once = () => {
        result ??= { value: run() };
      };
      try {
        database.transactionSync(once, COMMIT_FLAGS);
      } catch (error) {
        if (result === undefined) {
          if (!isDamage(error)) throw error;
          database = renew?.() ?? database;
          database.transactionSync(once, COMMIT_FLAGS);
        }
        // Else the files are as they should be, and only their records are lost.
      }
      if (result === undefined) throw new Error('the object database ran nothing');
      return result.value;
    },
    refresh: () => database.resetReadTxn(),
    close: () => database.close(),
  };
}

function databaseKey(container: string, key: string): Buffer {
  return Buffer.from(`${container}\0${key}`);
}

function decode(bytes: Buffer | undefined): StoredRecord | undefined {
  return bytes === undefined ? undefined : decodeRecord(bytes);
}

function cursorOf(
  database: Lmdb,
  container: string,
  from: string,
  orNone: <T>(run: () => T, none: T) => T,
  touch: () => void,
): RecordCursor {
  const nameBytes = Buffer.byteLength(container) + 1;
  const entries = database.getRange({ start: databaseKey(container, from), end: Buffer.from(`${container}\x01`) })[Symbol.iterator]();
  const passed: string[] = [];
  const step = () =>
    orNone(() => {
      touch();
      const { done, value } = entries.next();
      return done ? undefined : { key: value.key.toString('utf8', nameBytes), value: value.value };
    }, undefined);
  let current = step();
  return {
    seek(key) {
      while (current !== undefined && compareNames(current.key, key) < 0) {
        passed.push(current.key);
        current = step();
      }
      if (current?.key !== key) return undefined;
      const { value } = current;
      current = step();
      return decode(value);
    },
    passed,
    close: () => void entries.return?.(),
  };
}
