import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { statPath } from '../../file-stat.js';
import { makeFoldersSync } from '../../make-folders.js';
import { codeOf, Refusal } from './failure.js';
import { PRIVATE_FOLDER } from './names.js';
import type { WorkerSettings } from './protocol.js';

/** Sees to it that the root is still the folder that it was. */
export interface Root {
  /**
   * Throws when the root is no folder, another one, or missing, unless it was never there and is to be made. True when
   * it came back and must be opened again.
   */
  check(): boolean;
  /** Creates a root that never existed, before the first change: reads leave no trace. */
  make(): void;
}

/**
 * An unmounted file system leaves its empty mount point behind: that is no root without containers. It is recognised
 * by device and inode. Another folder is taken only if it has been a root before, as after a new mount.
 */
export function createRoot({ root: path, create, fsync }: WorkerSettings): Root {
  let known: string | undefined;

  return {
    check() {
      const seen = identityOf(path);
      if (seen === undefined && known === undefined && create) return false;
      if (seen === undefined) throw gone(`the root "${path}" does not exist`);
      if (known === seen) return false;
      if (known !== undefined && !existsSync(`${path}/${PRIVATE_FOLDER}`)) {
        throw gone(
          `the root "${path}" is another folder than it was: is its file system still mounted?`,
        );
      }
      known = seen;
      return true;
    },
    make() {
      if (known === undefined && create) known = identityOf(path) ?? createdAt(path, fsync);
    },
  };
}

function identityOf(path: string): string | undefined {
  try {
    const stat = statPath(path);
    if (stat.isDirectory()) return `${stat.dev}:${stat.ino}`;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (codeOf(error) !== 'ENOTDIR') throw error;
  }
  throw gone(`the root "${path}" is not a folder`);
}

function createdAt(path: string, fsync: boolean): string | undefined {
  const first = made(path);
  // Each new folder is an entry of the one above it. Without those, nothing in the root would survive.
  for (
    let folder = path;
    fsync && first !== undefined && folder.length >= first.length;
    folder = dirname(folder)
  )
    sync(dirname(folder));
  return identityOf(path);
}

function made(path: string): string | undefined {
  try {
    return makeFoldersSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw gone(
      `the root "${path}" cannot be made: the folder that it would be in takes none; is something to be mounted there?`,
    );
  }
}

function sync(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function gone(problem: string): Refusal {
  return new Refusal({ kind: 'unavailable', problem });
}
