import { statPath } from '../file-stat.js';
import { groupedIndex } from './grouped-index.js';
import { inodeFile } from './inode-table.js';
import { lmdbFile, openLmdbStore, openLmdbView } from './lmdb-index.js';
import { lowdbFile, openLowdbStore, openLowdbView } from './lowdb-index.js';
import type { IndexLocation, IndexView, ObjectIndex } from './object-index.js';
import type { RecordStore } from './record-store.js';

export function indexFile({ engine, folder }: IndexLocation): string {
  return engine === 'lmdb' ? lmdbFile(folder) : lowdbFile(folder);
}

/** What may lie beside an index file and is nothing without it: LMDB's locks, and the table of inodes. */
export function filesBeside(file: string): readonly string[] {
  return [`${file}-lock`, inodeFile(file), `${inodeFile(file)}-lock`];
}

/** Bytes of an index with a few hundred records. */
const SMALL = 256 * 1024;

/** Whether there is an index, and its file is small. Any answer will do: it says only what is worth preparing. */
export function isSmallIndex(location: IndexLocation): boolean {
  try {
    return statPath(indexFile(location)).size <= SMALL;
  } catch {
    return false;
  }
}

/** @throws StateDamagedError, StateNewerError, StateUnavailableError */
export function openStore(engine: IndexLocation['engine'], file: string): Promise<RecordStore> {
  return engine === 'lmdb' ? openLmdbStore(file) : openLowdbStore(file);
}

/** Opens a mirror's index for writing, or makes a new one. Only for who holds the lock of the state folder. */
export async function openIndex(location: IndexLocation): Promise<ObjectIndex> {
  return groupedIndex(await openStore(location.engine, indexFile(location)), location.folder);
}

/**
 * Opens a frozen view of an index, in any thread or process: all that was durable at this moment, and nothing of what is
 * written later. Close it soon: LMDB cannot reuse the space of what is overwritten while it is open.
 *
 * A thread that has a view must end by itself. `worker.terminate()` while it reads aborts the whole process (lmdb-js
 * 3.5.6: "FATAL ERROR: Error::ThrowAsJavaScriptException napi_throw"): tell it to stop, and let it close its view.
 */
export function openIndexView({ engine, folder }: IndexLocation): Promise<IndexView> {
  return engine === 'lmdb' ? openLmdbView(lmdbFile(folder)) : openLowdbView(lowdbFile(folder));
}
