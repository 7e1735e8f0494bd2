import { closeSync, constants, openSync, writeSync } from 'node:fs';

/**
 * Writes to a file that is open already, past the system's page cache where that can be: large files are not read again soon, and each
 * byte is on the disk at once, and is copied once less. See O_DIRECT in open(2).
 */
export interface PastCacheFile {
  /**
   * Writes the bytes from `start` to `end` of the memory, which begins at `position` of the file. Throws as write(2) fails. Memory
   * that does not begin at a page of the system is written as any other.
   */
  write(memory: Uint8Array, start: number, end: number, position: number): void;
  close(): void;
}

/** What every file system takes: addresses, places in the file and lengths are multiples of it. */
const ALIGNED = 4096;
/** Each such write waits for the disk, which is worth it for large ones. */
const LEAST = 1024 * 1024;

/** Not every file system takes such writes; it says so when the file is opened, or when it is written. */
const REFUSALS = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/** `fd`: the same file, open for writing; it is closed after this one. */
export function openPastCache(fd: number): PastCacheFile {
  let direct = openDirect(fd);

  function close(): void {
    const open = direct;
    direct = undefined; // also where the close fails: the number may be another file's by then
    if (open !== undefined) closeSync(open);
  }

  /** Returns how many bytes were written; 0: none, as they are too few, or the file system refuses such writes. */
  function writeDirect(memory: Uint8Array, at: number, end: number, position: number): number {
    const length = Math.floor((end - at) / ALIGNED) * ALIGNED;
    const isAligned = (memory.byteOffset + at) % ALIGNED === 0 && position % ALIGNED === 0;
    if (direct === undefined || length < LEAST || !isAligned) return 0;
    try {
      return writeSync(direct, memory, at, length, position);
    } catch (error) {
      if (!REFUSALS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      close();
      return 0;
    }
  }

  return {
    write(memory, start, end, position) {
      for (let at = start; at < end; ) {
        const written = writeDirect(memory, at, end, position + at);
        at += written > 0 ? written : writeSync(fd, memory, at, end - at, position + at);
      }
    },
    close,
  };
}

/** Undefined: not on this system, or not on this file system. */
function openDirect(fd: number): number | undefined {
  const { O_DIRECT } = constants as { readonly O_DIRECT?: number };
  if (O_DIRECT === undefined) return undefined;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | O_DIRECT);
  } catch {
    return undefined;
  }
}
