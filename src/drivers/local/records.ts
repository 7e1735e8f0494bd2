import { closeSync, existsSync, openSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openLmdbTree } from '../../lmdb-tree.js';
import type { ExclusiveLock } from './exclusive-lock.js';
import { codeOf } from './failure.js';
import { decodeRecord, encodeRecord, type ObjectRecord, type StoredRecord } from './record.js';
import { createRecordTable, openRecordTable, type RecordTable } from './record-table.js';
import { statEntry } from './stat.js';

/**
 * What is known of the objects of a root, by container and key. To lose a record is to lose what the file itself cannot hold:
 * its digest, content type and metadata. No call fails because of the records' file.
 */
export interface Records {
  readonly writable: boolean;
  /** Of their file; undefined where there is none. */
  readonly inode: bigint | undefined;
  get(container: string, key: string): StoredRecord | undefined;
  put(container: string, key: string, record: ObjectRecord): void;
  putAll(container: string, objects: readonly RecordedObject[]): void;
  remove(container: string, key: string): void;
  /** Runs alone among all threads and processes that write to this root. Throws when the lock cannot be had. */
  exclusive<T>(run: () => T): T;
  close(): void;
}

export interface RecordedObject {
  readonly key: string;
  readonly record: ObjectRecord;
}

export interface RecordsOptions {
  /** The private folder of the root, which is there. */
  readonly folder: string;
  readonly root: string;
  /** For reading only: undefined. */
  readonly lock: ExclusiveLock | undefined;
  /** Whether what is written is flushed to disk before the system sees fit. */
  readonly flush: boolean;
}

const FILE = 'objects.records';

export function recordsFile(folder: string): string {
  return join(folder, FILE);
}

/** Throws the errors of the system where there is no file and none can be made. */
export function openRecords(options: RecordsOptions): Records {
  const { lock } = options;
  return lock === undefined ? readOnlyRecords(options) : writableRecords(options, lock);
}

function readOnlyRecords({ folder }: RecordsOptions): Records {
  const file = recordsFile(folder);
  const table = existsSync(file) ? openRecordTable(file, { readOnly: true }) : undefined;
  return {
    writable: false,
    inode: table?.inode,
    get: (container, key) => lookUp(table, container, key),
    put: () => undefined,
    putAll: () => undefined,
    remove: () => undefined,
    exclusive: (run) => run(),
    close: () => table?.close(),
  };
}

function writableRecords({ folder, root, flush }: RecordsOptions, lock: ExclusiveLock): Records {
  const file = recordsFile(folder);
  let { table, isNew } = lock.hold(() => openOrMake(file));

  /** Another process may have replaced the file, as it does to make it larger; or a person has removed it. */
  function reopen(): void {
    if (statEntry(file)?.ino === table.inode) return;
    table.close();
    ({ table, isNew } = openOrMake(file));
  }

  /** What a new table has was put and removed here alone: to stat each object as it grows took a tenth of this thread's time. */
  const isWanted = (key: Buffer) =>
    isNew || statEntry(`${root}/${key.toString('utf8').replace('\0', '/')}`) !== undefined;

  function putAll(container: string, objects: readonly RecordedObject[]): void {
    const entries = objects.map(({ key, record }) => ({
      key: keyOf(container, key),
      value: encodeRecord(record),
    }));
    onDisk(() => table.putAll(entries, isWanted), 0);
  }

  return {
    writable: true,
    get inode() {
      return table.inode;
    },
    get: (container, key) => lookUp(table, container, key),
    put: (container, key, record) => putAll(container, [{ key, record }]),
    putAll,
    remove: (container, key) => onDisk(() => table.remove(keyOf(container, key)), undefined),
    exclusive: (run) =>
      lock.hold(() => {
        reopen();
        const result = run();
        if (flush) table.flushLater();
        return result;
      }),
    close: () => table.close(),
  };
}

/** For the holder of the lock. `isNew`: there was none. */
function openOrMake(file: string): { readonly table: RecordTable; readonly isNew: boolean } {
  removeUnfinished(file);
  const found = existsSync(file) ? openRecordTable(file, { readOnly: false }) : undefined;
  const table = found ?? createRecordTable(file);
  onDisk(
    () =>
      takeFormerRecords(
        dirname(file),
        (key, value) => table.get(key) ?? table.putAll([{ key, value }], () => true),
      ),
    undefined,
  );
  return { table, isNew: found === undefined };
}

/** What a process left behind that was killed as it made the file. */
function removeUnfinished(file: string): void {
  for (const entry of readdirSync(dirname(file))) {
    if (entry.startsWith(`${basename(file)}.new-`))
      rmSync(join(dirname(file), entry), { force: true });
  }
}

function lookUp(
  table: RecordTable | undefined,
  container: string,
  key: string,
): StoredRecord | undefined {
  const bytes = onDisk(() => table?.get(keyOf(container, key)), undefined);
  return bytes && decodeRecord(bytes);
}

/** Where the disk fails there is no record. */
function onDisk<T>(run: () => T, none: T): T {
  try {
    return run();
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return none;
  }
}

function keyOf(container: string, key: string): Buffer {
  return Buffer.from(`${container}\0${key}`);
}

/** Where earlier versions of longshore kept the records of a root: an LMDB file, whose keys and values are the same. */
const FORMER_FILE = 'objects.mdb';

/**
 * Gives the records of a root that an earlier version has written, and removes their file once all were taken. Records
 * that cannot be read are skipped: losing a record is losing a digest.
 */
export function takeFormerRecords(
  folder: string,
  take: (key: Buffer, value: Buffer) => void,
): void {
  const file = `${folder}/${FORMER_FILE}`;
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    for (const { key, value } of openLmdbTree(descriptor)?.entries(undefined) ?? [])
      take(key, value);
  } catch (error) {
    if (codeOf(error) !== undefined) throw error; // a failing disk: another start may read it
  } finally {
    closeSync(descriptor);
  }
  // With it what lies beside it: locks, one that was damaged, and what a kill left of a try whether there is room.
  for (const name of readdirSync(folder))
    if (name.startsWith(FORMER_FILE)) rmSync(`${folder}/${name}`, { force: true });
}
