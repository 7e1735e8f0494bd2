import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { statPath } from '../../file-stat.js';
import { makeFoldersSync } from '../../make-folders.js';
import { codeOf } from './failure.js';
import { hasEnded, type Owner, ownerFolder, parseOwnerFolder } from './owner.js';
import { statEntry } from './stat.js';

/** Where the temporary files of this process are, until they are renamed into place. */
export interface Incoming {
  /** Each process has a folder of its own below this one. */
  readonly folder: string;
  /** Whether this file system takes names for one that differ in case. */
  readonly foldsNames: boolean;
  /** A path for a new temporary file. */
  next(): string;
  /** Creates the folder again after it was removed. */
  restore(): void;
  /** Removes our own folder, with all that is in it. */
  remove(): void;
}

/** A file that was not changed for this time belongs to no running upload, wherever its owner ran. */
const ABANDONED_MS = 7 * 24 * 3_600_000;

/** Creates the folder of this process below `folder`, and removes those of processes that have ended. */
export function openIncoming(folder: string, self: Owner, nowMs: number): Incoming {
  makeFoldersSync(folder);
  for (const name of readdirSync(folder)) {
    if (isAbandoned(folder, name, self, nowMs))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
  const own = join(folder, ownerFolder(self, randomUUID().slice(0, 8)));
  mkdirSync(own);
  let count = 0;
  return {
    folder,
    foldsNames: foldsNames(folder),
    next() {
      count += 1;
      return `${own}/${count}`;
    },
    restore: () => void makeFoldersSync(own),
    remove: () => rmSync(own, { recursive: true, force: true }),
  };
}

function foldsNames(folder: string): boolean {
  const shouted = join(dirname(folder), basename(folder).toUpperCase());
  return statEntry(shouted)?.ino === statEntry(folder)?.ino;
}

/** Only folders with names of ours are ever abandoned: others belong to other programs. */
function isAbandoned(folder: string, name: string, self: Owner, nowMs: number): boolean {
  const owner = parseOwnerFolder(name);
  if (owner === undefined) return false;
  if (hasEnded(owner, self)) return true;
  if (
    owner.machine === self.machine &&
    owner.boot === self.boot &&
    owner.namespace === self.namespace
  )
    return false;
  try {
    return nowMs - Number(statPath(join(folder, name)).mtimeMs) > ABANDONED_MS;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false; // another process was quicker
    throw error;
  }
}
