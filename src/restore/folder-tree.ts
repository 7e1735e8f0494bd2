import { closeSync, constants, mkdirSync, openSync, readdirSync } from 'node:fs';
import { lstatPath, statDescriptor } from '../file-stat.js';
import { RestoreError } from './restore-failure.js';

/** A folder below the root, open while it is used. */
export interface OpenFolder {
  /** A path of this very folder, whatever is renamed or planted meanwhile. Append `/name`. */
  readonly at: string;
  /** The device of its file system. */
  readonly device: bigint;
}

/** The folders below a root. None is ever reached through a symbolic link. */
export interface FolderTree {
  /** A path of the very root, whatever is renamed or planted meanwhile, also in other threads of this process. */
  readonly root: string;
  /**
   * Calls `work` with a folder, given as the names on the way from the root; missing ones are made. Rejects with RestoreError
   * (`blocked`, `name`) where something else is on the way, and as the system does. `undefined` with `make: false` when it is
   * not there.
   */
  within<T>(
    segments: readonly string[],
    make: boolean,
    work: (folder: OpenFolder) => Promise<T>,
  ): Promise<T | undefined>;
  /** The same, with `work` that is done when it returns. Throws as `within` rejects. */
  withinNow<T>(
    segments: readonly string[],
    make: boolean,
    work: (folder: OpenFolder) => T,
  ): T | undefined;
  close(): void;
}

/** The tree of a root that does not exist. Nothing is made in it. */
export const NO_FOLDERS: FolderTree = {
  root: '/',
  within: async () => undefined,
  withinNow: () => undefined,
  close: () => {},
};

interface CachedFolder extends OpenFolder {
  readonly descriptor: number;
  users: number;
}

/** Folders that stay open: objects come in the order of their names, so the next one is mostly in the same. */
const MOST_OPEN = 64;

/** open(2), of Linux on every architecture that Node supports. Needs no right to read the folder. */
const O_PATH = 0o10000000;
const isLinux = process.platform === 'linux';
const OPEN = constants.O_DIRECTORY | constants.O_NOFOLLOW | (isLinux ? O_PATH : 0);

/** `root`: an absolute path of a folder that exists; it may be a link itself. `foldsCase`: see `foldsCase`. */
export function openFolderTree(root: string, foldsCase: boolean): FolderTree {
  const opened = new Map<string, CachedFolder>();
  const top = opener(root, openSync(root, constants.O_DIRECTORY | (isLinux ? O_PATH : 0)));

  function acquire(segments: readonly string[], make: boolean): CachedFolder | undefined {
    let folder = top;
    let path = '';
    top.users++;
    for (const name of segments) {
      path = path === '' ? name : `${path}/${name}`;
      const parent = folder;
      try {
        const next = opened.get(path) ?? openBelow(parent, path, name, make);
        if (next === undefined) return undefined;
        opened.delete(path); // the last used is the last in the map
        opened.set(path, next);
        next.users++;
        folder = next;
      } finally {
        parent.users--;
      }
    }
    return folder;
  }

  function openBelow(
    parent: CachedFolder,
    path: string,
    name: string,
    make: boolean,
  ): CachedFolder | undefined {
    const at = `${parent.at}/${name}`;
    const there = openIfFolder(at, path);
    if (there !== undefined) {
      if (foldsCase && !hasExactName(parent.at, name)) closeAndRefuse(there, path);
      return opener(at, there);
    }
    if (!make) return undefined;
    if (!makeFolder(at)) return openBelow(parent, path, name, make);
    return opener(at, openIfFolder(at, path) ?? openSync(at, OPEN));
  }

  function closeOldest(): void {
    for (const [path, { descriptor, users }] of opened) {
      if (opened.size <= MOST_OPEN) return;
      if (users > 0) continue;
      closeSync(descriptor);
      opened.delete(path);
    }
  }

  return {
    root: top.at,
    async within(segments, make, work) {
      const folder = acquire(segments, make);
      if (folder === undefined) return undefined;
      try {
        closeOldest();
        return await work(folder);
      } finally {
        folder.users--;
      }
    },
    withinNow(segments, make, work) {
      const folder = acquire(segments, make);
      if (folder === undefined) return undefined;
      try {
        closeOldest();
        return work(folder);
      } finally {
        folder.users--;
      }
    },
    close() {
      for (const { descriptor } of [...opened.values(), top]) closeSync(descriptor);
      opened.clear();
    },
  };
}

/** False when something came there meanwhile: another machine may restore into the same folder. */
function makeFolder(at: string): boolean {
  try {
    mkdirSync(at);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function opener(path: string, descriptor: number): CachedFolder {
  // proc_pid_fd(5): names the folder itself. Elsewhere its path has to do.
  const at = isLinux ? `/proc/self/fd/${descriptor}` : path;
  return { at, device: statDescriptor(descriptor).dev, descriptor, users: 0 };
}

/** Undefined when nothing is there. @throws RestoreError for a link, a file or anything else. */
function openIfFolder(at: string, path: string): number | undefined {
  try {
    return openSync(at, OPEN);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code !== 'ENOTDIR' && code !== 'ELOOP' && code !== 'EMLINK') throw error;
    const kind = lstatPath(at).isSymbolicLink() ? 'a symbolic link' : 'a file';
    throw new RestoreError(
      'blocked',
      `"${path}" is ${kind} where a folder belongs, and nothing is written through it; move it away`,
      error,
    );
  }
}

function closeAndRefuse(descriptor: number, path: string): never {
  closeSync(descriptor);
  throw new RestoreError('name', differsInCase(path));
}

/** Why a name cannot be in a folder that has another spelling of it. */
export function differsInCase(path: string): string {
  return `"${path}" differs only in case, or in its form of Unicode, from another name that is there, and this file system takes them for one`;
}

/** Whether a folder has an entry of exactly this name, and not only one that its file system takes for the same. */
export function hasExactName(folder: string, name: string): boolean {
  return readdirSync(folder).includes(name);
}
