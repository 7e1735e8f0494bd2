import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { systemClock } from '../../clock.js';
import { statPath } from '../../file-stat.js';
import { makeFoldersSync } from '../../make-folders.js';
import type { Dirty } from './change.js';
import { createExclusiveLock } from './exclusive-lock.js';
import { codeOf, isFull, Refusal } from './failure.js';
import { isFolderObject } from './folder-objects.js';
import { createEmptyFolders, type EmptyFolders } from './folders.js';
import { BESIDE_FOLDER, maxKeyBytes, PRIVATE_FOLDER } from './names.js';
import { bootId, type Owner, thisProcess } from './owner.js';
import type { WorkerSettings } from './protocol.js';
import { openRecords, type Records, recordsFile } from './records.js';
import { createRoot } from './root.js';
import { statEntry } from './stat.js';
import { type Incoming, openIncoming } from './temporary.js';

/** A root in its worker thread. `turn` is called before each batch of requests, all else within one. */
export interface Store {
  readonly root: string;
  turn(): void;
  /** The folder of a container; refuses when there is none. */
  container(name: string): string;
  /** For reading. Undefined where there are none yet, or where they cannot be read. */
  records(): Records | undefined;
  /** For changing; the first call makes the private folder. */
  writableRecords(): Records;
  /** Runs changes alone among all threads and processes that write to this root. Throws when the lock cannot be had. */
  exclusive<T>(run: () => T): T;
  /** Within `exclusive`. */
  readonly emptyFolders: EmptyFolders;
  /** Where temporary files of this container go: on its own file system, or they could not be renamed into place. */
  incoming(container: string): Incoming;
  /** Called after a failed rename: the container is a mount of its own, though of the same device. */
  isMount(container: string): void;
  /** Takes our temporary files out of a container that is to be removed. */
  releaseIncoming(container: string): void;
  dirty(container: string, path: string): Dirty;
  close(): Promise<void>;
}

export function createStore(settings: WorkerSettings): Store {
  const { root, fsync } = settings;
  const folder = `${root}/${PRIVATE_FOLDER}`;
  const file = recordsFile(folder);
  const unsynced = `${folder}/unsynced`;
  const mayBeEmpty = `${folder}/may-be-empty`;
  const emptyFolders = createEmptyFolders(root, mayBeEmpty, maxKeyBytes(root), (container, path) =>
    isFolderObject({ root, records: () => opened }, container, path),
  );
  const self = thisProcess();
  const lock = createExclusiveLock(`${folder}/exclusive`, self);
  const rootFolder = createRoot(settings);
  const containers = new Map<string, string>();
  const incoming = incomingFolders(root, folder, self);
  let opened: Records | undefined;

  function release(): void {
    opened?.close();
    opened = undefined;
  }

  function openForWriting(): Records {
    rootFolder.make();
    makeFoldersSync(folder);
    dropUntrusted(file, unsynced, fsync);
    opened = openRecords({ folder, root, lock, flush: fsync });
    if (existsSync(mayBeEmpty)) opened.exclusive(() => emptyFolders.recover());
    return opened;
  }

  function writableRecords(): Records {
    if (opened?.writable) return opened;
    if (opened !== undefined) release();
    return openForWriting();
  }

  function openForReading(): Records | undefined {
    if (!existsSync(folder)) return undefined;
    try {
      return openForWriting();
    } catch {
      // A read-only root, or one of another user: what can be read is read, and nothing is repaired.
    }
    try {
      opened = openRecords({ folder, root, lock: undefined, flush: fsync });
      return opened;
    } catch {
      return undefined;
    }
  }

  return {
    root,
    turn() {
      containers.clear();
      incoming.turn();
      if (rootFolder.check()) {
        release();
        incoming.forget();
      }
      // The file may have been removed or replaced: what is open is then not what other processes see.
      if (opened !== undefined && statEntry(file)?.ino !== opened.inode) release();
    },
    container(name) {
      const known = containers.get(name);
      if (known !== undefined) return known;
      const path = `${root}/${name}`;
      if (!statEntry(path)?.isDirectory())
        throw new Refusal({ kind: 'no-container', container: name });
      containers.set(name, path);
      return path;
    },
    records: () => opened ?? openForReading(),
    writableRecords,
    exclusive: (run) =>
      writableRecords().exclusive(() => {
        try {
          return run();
        } finally {
          emptyFolders.settle();
        }
      }),
    emptyFolders,
    incoming: (container) => incoming.of(container),
    isMount: (container) => incoming.isMount(container),
    releaseIncoming: (container) => incoming.release(container),
    dirty: (container, path) => ({ path, volume: container }),
    async close() {
      incoming.removeAll();
      const last = opened;
      opened = undefined;
      last?.close();
      lock.close();
      if (last?.writable && !fsync) becomeSynced(folder, file, unsynced);
    },
  };
}

/** The folders for temporary files: one for the root, and one for each container on a file system of its own. */
function incomingFolders(root: string, privateFolder: string, self: Owner) {
  /** Containers that are mounts of their own, though of the root's device. */
  const mounts = new Set<string>();
  const byFolder = new Map<string, Incoming>();
  /** Valid for one turn: a file system can be mounted at any time. */
  const byContainer = new Map<string, Incoming>();
  return {
    turn: () => byContainer.clear(),
    of(container: string): Incoming {
      const known = byContainer.get(container);
      if (known !== undefined) return known;
      const beside = mounts.has(container) || statPath(container).dev !== statPath(root).dev;
      const folder = beside ? `${container}/${BESIDE_FOLDER}` : `${privateFolder}/incoming`;
      const incoming = byFolder.get(folder) ?? openIncoming(folder, self, systemClock.now());
      byFolder.set(folder, incoming);
      byContainer.set(container, incoming);
      return incoming;
    },
    isMount(container: string): void {
      mounts.add(container);
      byContainer.delete(container);
    },
    release(container: string): void {
      const folder = `${container}/${BESIDE_FOLDER}`;
      byFolder.get(folder)?.remove();
      byFolder.delete(folder);
      byContainer.delete(container);
    },
    removeAll(): void {
      for (const incoming of byFolder.values()) incoming.remove();
      byFolder.clear();
    },
    forget(): void {
      byFolder.clear();
      mounts.clear();
    },
  };
}

/**
 * Removes records that were written without flushes before a loss of power: a file may then have the size and times of a
 * content that it does not have. Marks the present start of the system where nothing is flushed.
 */
function dropUntrusted(file: string, unsynced: string, fsync: boolean): void {
  const marked = readMark(unsynced);
  if (marked !== undefined && marked !== bootId()) {
    rmSync(file, { force: true });
    rmSync(unsynced, { force: true });
  }
  if (!fsync && marked !== bootId()) markUnsynced(unsynced);
}

/** Writes the mark whole or not at all: a partial one, as a full disk leaves it, would be taken for a loss of power. */
function markUnsynced(unsynced: string): void {
  const temporary = `${unsynced}.new`;
  try {
    writeFileSync(temporary, bootId());
    renameSync(temporary, unsynced);
  } catch (error) {
    rmSync(temporary, { force: true });
    if (!isFull(error)) throw error;
    symlinkSync(bootId(), unsynced); // a short link needs no room of its own
  }
}

/** Which start of the system is marked; undefined: none. */
function readMark(unsynced: string): string | undefined {
  try {
    return readlinkSync(unsynced);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (codeOf(error) !== 'EINVAL') throw error;
    return readFileSync(unsynced, 'latin1');
  }
}

/** Removes the mark when no other process works on the root: after this flush the records survive a loss of power. */
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
