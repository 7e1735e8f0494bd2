import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { statDescriptor, statPath } from '../../file-stat.js';
import { makeFoldersSync } from '../../make-folders.js';
import { codeOf, onFile, withPath } from './failure.js';
import { hasEnded, type Owner, ownerFolder, parseOwnerFolder } from './owner.js';
import type { FileAttributes } from './record.js';
import { statEntry } from './stat.js';

/** A file that no listing shows yet. After a failed call, `discard` removes it. */
export interface Temporary {
  readonly path: string;
  /** Closes and removes it; does nothing once it has been renamed. */
  discard(): void;
}

interface WritableTemporary extends Temporary {
  write(bytes: Uint8Array): void;
  /** Gives it its time and mode, and closes it. Returns its inode. */
  finish(): bigint;
}

export function createTemporary(incoming: Incoming, attributes: FileAttributes): WritableTemporary {
  const path = incoming.next();
  return writable(path, create(path, incoming, modeToCreate(attributes)), attributes);
}

/** One in a folder that is there. */
export function createTemporaryAt(path: string, attributes: FileAttributes): WritableTemporary {
  return writable(path, openSync(path, 'wx', modeToCreate(attributes)), attributes);
}

function writable(path: string, descriptor: number, attributes: FileAttributes): WritableTemporary {
  const file = closeOnce(descriptor);
  return {
    path,
    write: (bytes) => onFile(path, () => writeAll(file.descriptor, bytes)),
    finish() {
      return onFile(path, () => {
        const inode = applyTo(file.descriptor, attributes);
        file.close();
        return inode;
      });
    },
    discard() {
      ignoreSystemErrors(() => file.close());
      removeTemporary(path);
    },
  };
}

/** The path and inode of a new file with these bytes, closed. Leaves none behind when it throws. */
export function writeTemporary(
  incoming: Incoming,
  bytes: Uint8Array,
  attributes: FileAttributes,
): { readonly path: string; readonly inode: bigint } {
  const path = incoming.next();
  const descriptor = create(path, incoming, modeToCreate(attributes));
  let open = true;
  try {
    writeAll(descriptor, bytes);
    const inode = applyTo(descriptor, attributes);
    open = false;
    closeSync(descriptor);
    return { path, inode };
  } catch (error) {
    if (open) ignoreSystemErrors(() => closeSync(descriptor));
    removeTemporary(path);
    throw withPath(path, error);
  }
}

/** What went wrong before it counts. What it leaves behind is removed with its folder, at the latest by the next start. */
export function removeTemporary(path: string): void {
  ignoreSystemErrors(() => rmSync(path, { force: true }));
}

function ignoreSystemErrors(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

interface AdoptedTemporary extends Temporary {
  /** Gives it its time and mode. Returns its inode. */
  finish(attributes: FileAttributes): bigint;
}

/** One that something else has written or will write, as copy_file_range(2). */
export function adoptTemporary(path: string): AdoptedTemporary {
  return {
    path,
    finish(attributes) {
      const file = closeOnce(openSync(path, 'r'));
      return onFile(path, () => {
        try {
          return applyTo(file.descriptor, attributes);
        } finally {
          file.close();
        }
      });
    },
    discard: () => removeTemporary(path),
  };
}

/** Our user's right to write is kept until the content is there: some network file systems check it at each write. */
function modeToCreate({ permissions }: FileAttributes): number {
  return permissions === undefined ? 0o666 : permissions | 0o200;
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

/** Returns the inode of the open file. Its mode is other than it was created with where the umask or an ACL took bits of it. */
function applyTo(descriptor: number, { mtime, permissions }: FileAttributes): bigint {
  const { ino, mode } = statDescriptor(descriptor);
  if (permissions !== undefined && (Number(mode) & 0o7777) !== permissions)
    fchmodSync(descriptor, permissions);
  if (mtime !== undefined) futimesSync(descriptor, mtime, mtime);
  return ino;
}

function create(path: string, incoming: Incoming, mode: number): number {
  try {
    return openSync(path, 'wx', mode);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    incoming.restore();
    return openSync(path, 'wx', mode);
  }
}

/** A number that is closed twice may be another file by then. */
function closeOnce(descriptor: number): { readonly descriptor: number; close(): void } {
  let open = true;
  return {
    descriptor,
    close() {
      if (!open) return;
      open = false;
      closeSync(descriptor); // where a full network file system may only now say so
    },
  };
}

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
  // A clone has the mode of its source until it is whole, set-user-ID among it: other users must not reach these files.
  const make = () => void mkdirSync(own, { mode: 0o700 });
  make();
  let count = 0;
  return {
    folder,
    foldsNames: foldsNames(folder),
    next() {
      count += 1;
      return `${own}/${count}`;
    },
    restore() {
      makeFoldersSync(folder);
      try {
        make();
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
    },
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
