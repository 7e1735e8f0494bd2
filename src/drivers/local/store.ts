import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { systemClock } from '../../clock.js';
import { statPath } from '../../file-stat.js';
import { makeFoldersSync } from '../../make-folders.js';
import { openRecords, type Records } from './database.js';
import { setAside } from './database-file.js';
import type { Dirty } from './durable.js';
import { codeOf, Refusal } from './failure.js';
import { type Incoming, openIncoming } from './incoming.js';
import { BESIDE_FOLDER, PRIVATE_FOLDER } from './names.js';
import { bootId, thisProcess } from './owner.js';
import type { WorkerSettings } from './protocol.js';
import { createRoot } from './root.js';
import { look } from './stat.js';

/** A root as its worker sees it. `turn` is called before each batch of requests, all else within one. */
export interface Store {
  readonly root: string;
  turn(): void;
  /** The folder of a container; refuses when there is none. */
  container(name: string): string;
  /** For reading. Undefined where there are none yet, or where they cannot be read. */
  records(): Records | undefined;
  /** For changing; the first call makes the private folder. */
  writableRecords(): Records;
  /** Where temporary files of this container go: on its own file system, or they could not be renamed into place. */
  incoming(container: string): Incoming;
  /** Learned by a rename that failed: the container is a mount of its own, though of the same device. */
  isMount(container: string): void;
  /** Takes our temporary files out of a container that is to be removed. */
  releaseIncoming(container: string): void;
  dirty(container: string, path: string): Dirty;
  close(): Promise<void>;
}

/** Records that are read or written before the database is closed and opened anew: some 20 MiB of it. */
const RECORDS_MAPPED = 100_000;

export function createStore(settings: WorkerSettings): Store {
  const { root, fsync } = settings;
  const folder = `${root}/${PRIVATE_FOLDER}`;
  const file = `${folder}/objects.mdb`;
  const unsynced = `${folder}/unsynced`;
  const self = thisProcess();
  const place = createRoot(settings);
  const containers = new Map<string, string>();
  const mounts = new Set<string>();
  const incomings = new Map<string, Incoming>();
  const ofContainers = new Map<string, Incoming>();
  let opened: { readonly records: Records; readonly inode: bigint | undefined } | undefined;

  function release(): void {
    opened?.records.close().then(undefined, () => undefined); // another root's: nothing of it is wanted any more
    opened = undefined;
    incomings.clear();
    mounts.clear();
  }

  /** What LMDB has mapped counts as memory of this process until it is closed. */
  function unmap(): void {
    opened?.records.close().then(undefined, () => undefined); // it is opened again by whoever needs it next
    opened = undefined;
  }

  function openForWriting(): Records {
    place.make();
    makeFoldersSync(folder);
    // Without flushes a loss of power leaves pages of different ages. Then nothing in the file can be believed.
    if (existsSync(unsynced) && readFileSync(unsynced, 'latin1') !== bootId()) {
      setAside(file);
      rmSync(unsynced, { force: true });
    }
    if (!fsync) writeFileSync(unsynced, bootId());
    const records = openRecords(file, { readOnly: false, flush: fsync });
    opened = { records, inode: look(file)?.ino };
    return records;
  }

  function openForReading(): Records | undefined {
    if (!existsSync(file)) return undefined;
    try {
      return openForWriting();
    } catch {
      // A read-only root, or one of somebody else: what can be read is read, and nothing is repaired.
    }
    try {
      const records = openRecords(file, { readOnly: true, flush: fsync });
      opened = { records, inode: look(file)?.ino };
      return records;
    } catch {
      return undefined;
    }
  }

  return {
    root,
    turn() {
      containers.clear();
      ofContainers.clear();
      if (opened !== undefined && opened.records.touched() > RECORDS_MAPPED) setImmediate(unmap); // after this turn's work
      if (place.check()) release();
      // Somebody removed or replaced the database: what we hold is not what other processes see.
      if (opened !== undefined && look(file)?.ino !== opened.inode) release();
      opened?.records.refresh();
    },
    container(name) {
      const known = containers.get(name);
      if (known !== undefined) return known;
      const path = `${root}/${name}`;
      if (!look(path)?.isDirectory()) throw new Refusal({ kind: 'no-container', container: name });
      containers.set(name, path);
      return path;
    },
    records: () => opened?.records ?? openForReading(),
    writableRecords() {
      if (opened?.records.writable) return opened.records;
      if (opened !== undefined) release();
      return openForWriting();
    },
    incoming(container) {
      const known = ofContainers.get(container);
      if (known !== undefined) return known;
      const beside = mounts.has(container) || statPath(container).dev !== statPath(root).dev;
      const where = beside ? `${container}/${BESIDE_FOLDER}` : `${folder}/incoming`;
      let incoming = incomings.get(where);
      if (incoming === undefined) {
        incoming = openIncoming(where, self, systemClock.now());
        incomings.set(where, incoming);
      }
      ofContainers.set(container, incoming);
      return incoming;
    },
    isMount(container) {
      mounts.add(container);
      ofContainers.delete(container);
    },
    releaseIncoming(container) {
      const where = `${container}/${BESIDE_FOLDER}`;
      incomings.get(where)?.remove();
      incomings.delete(where);
      ofContainers.delete(container);
    },
    dirty: (container, path) => ({ path, volume: container }),
    async close() {
      for (const incoming of incomings.values()) incoming.remove();
      incomings.clear();
      const last = opened;
      opened = undefined;
      await last?.records.close();
      if (last?.records.writable && !fsync) becomeSynced(folder, file, unsynced);
    },
  };
}

/** Flushed in the end, and with nobody else at work, the database may be believed after a loss of power. */
function becomeSynced(folder: string, file: string, unsynced: string): void {
  try {
    if (readdirSync(`${folder}/incoming`).length > 0) return;
    const descriptor = openSync(file, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    rmSync(unsynced, { force: true });
  } catch (error) {
    if (codeOf(error) === undefined) throw error; // on a failing disk the mark stays, which is right
  }
}
