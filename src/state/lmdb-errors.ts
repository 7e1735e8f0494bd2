import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  LmdbUnusableError,
  reasonOf,
  StateDamagedError,
  StateError,
  StateUnavailableError,
  StateWriteFailedError,
} from './errors.js';
import { noteFailedEnvironment } from './failed-environment.js';

/** lmdb.h: MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_VERSION_MISMATCH, MDB_INVALID, MDB_INCOMPATIBLE, MDB_BAD_VALSIZE. */
const DAMAGE = new Set([-30797, -30796, -30794, -30793, -30784, -30781]);

/** Runs an opening or a read; its errors come out as ours. After one of LMDB that is no damage nothing enters LMDB any more. */
export function translated<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const ours = readError(error, file);
    if (ours instanceof LmdbUnusableError) noteFailedEnvironment(ours);
    throw ours;
  }
}

export function readError(error: unknown, file: string): unknown {
  if (error instanceof StateError || error instanceof RangeError) return error;
  if (DAMAGE.has(codeOf(error)) || reasonOf(error).startsWith('Database not found')) {
    return new StateDamagedError(file, `LMDB finds it damaged: ${reasonOf(error)}`, error);
  }
  if (isUnusable(error))
    return new LmdbUnusableError(
      file,
      `cannot be used any more by this process (${reasonOf(error)})`,
      error,
    );
  return new StateUnavailableError(file, `cannot be read: ${reasonOf(error)}`, error);
}

/** lmdb-js rejects writes with a general error; what happened is in a promise beside it. */
export async function writeError(error: unknown, file: string): Promise<StateError> {
  let cause = error;
  if (error instanceof Error && 'commitError' in error) {
    await Promise.resolve(error.commitError).catch((reason: unknown) => {
      cause = reason;
    });
  }
  // What lmdb-js adds of its buffers is of no use, and partly uninitialised memory.
  const reason = reasonOf(cause).replace(/: Attempting to .*/, '');
  if (DAMAGE.has(codeOf(cause)))
    return new StateDamagedError(file, `LMDB finds it damaged: ${reason}`, cause);
  // LMDB reports the short write of a full disk as EIO, so the message has the free space too.
  return new StateWriteFailedError(
    file,
    `write failed (${reason}; ${freeSpace(file)}); what was there before is kept`,
    cause,
  );
}

/**
 * Ends a line on stderr that LMDB may have printed as its write failed: "Write error: ..." (mdb.c, mdb_page_flush in lmdb-js
 * 3.5.6), without a newline, so that the next line of the log would begin in the middle of it. Native code prints it to
 * descriptor 2, which Node can neither redirect nor duplicate: a socket of the journal cannot be opened by /proc/self/fd.
 */
export function endNativeLine(): void {
  process.stderr.write('\n');
}

/** An error with a number, LMDB's own or the system's, that says nothing of the content: none of them passes by itself. */
export function isUnusable(error: unknown): boolean {
  return codeOf(error) !== 0 && !DAMAGE.has(codeOf(error));
}

function freeSpace(file: string): string {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return `${Math.floor((bavail * bsize) / 1024)} KiB are free on its file system`;
  } catch (error) {
    return `its file system does not answer: ${reasonOf(error)}`;
  }
}

function codeOf(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : 0;
}
