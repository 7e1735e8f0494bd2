import { closeSync, fchmodSync, futimesSync, openSync, rmSync, writeSync } from 'node:fs';
import { statDescriptor } from '../../file-stat.js';
import { codeOf, onFile, withPath } from './failure.js';
import type { FileAttributes } from './file-metadata.js';
import type { Incoming } from './incoming.js';

/** A file that no listing shows yet. After a failed call, `discard` removes it. */
export interface Temporary {
  readonly path: string;
  /** Closes and removes it; does nothing once it has been renamed. */
  discard(): void;
}

export interface WritableTemporary extends Temporary {
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
      try {
        file.close();
      } finally {
        rmSync(path, { force: true });
      }
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
    if (open) closeSync(descriptor);
    rmSync(path, { force: true });
    throw withPath(path, error);
  }
}

export interface AdoptedTemporary extends Temporary {
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
    discard: () => rmSync(path, { force: true }),
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
