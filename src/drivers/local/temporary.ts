import { closeSync, fchmodSync, futimesSync, openSync, rmSync, writeSync } from 'node:fs';
import { statDescriptor } from '../../file-stat.js';
import { codeOf, onFile } from './failure.js';
import type { FileAttributes } from './file-metadata.js';
import type { Incoming } from './incoming.js';

/** A file that no listing shows yet. After a failed call, `discard` removes it. */
export interface Temporary {
  readonly path: string;
  /** Gives it its time and mode, and closes it. Returns its inode. */
  finish(attributes: FileAttributes): bigint;
  /** Closes and removes it; does nothing once it has been renamed. */
  discard(): void;
}

export interface WritableTemporary extends Temporary {
  write(bytes: Uint8Array): void;
}

export function createTemporary(incoming: Incoming): WritableTemporary {
  const path = incoming.next();
  const file = closeOnce(create(path, incoming));
  return {
    path,
    write(bytes) {
      onFile(path, () => {
        for (let done = 0; done < bytes.length; ) done += writeSync(file.descriptor, bytes, done);
      });
    },
    finish(attributes) {
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

/** One that something else has written or will write, as copy_file_range(2). */
export function adoptTemporary(path: string): Temporary {
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

/** Returns the inode of the open file. */
function applyTo(descriptor: number, { mtime, permissions }: FileAttributes): bigint {
  if (permissions !== undefined) fchmodSync(descriptor, permissions);
  if (mtime !== undefined) futimesSync(descriptor, mtime, mtime);
  return statDescriptor(descriptor).ino;
}

function create(path: string, incoming: Incoming): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    incoming.restore();
    return openSync(path, 'wx');
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
