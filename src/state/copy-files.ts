import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { markFile } from './check-mark.js';
import { reasonOf, StateError, StateUnavailableError, systemCode } from './errors.js';
import { inodeFile } from './inode-table.js';
import { ledgerFile } from './ledger-file.js';
import { copyLmdbFile } from './lmdb-file.js';
import { lmdbFile } from './lmdb-index.js';
import { headerOf } from './lmdb-peek.js';
import { seeLock } from './lock.js';
import { lowdbFile } from './lowdb-index.js';

/** Copies that are begun anew, since somebody has worked on the original meanwhile. */
const TRIES = 5;

/**
 * Copies what is known of the mirrors out of the state folder `from`, in which nothing is written: its files as they lie
 * there or, while another process works on them, as they are at one moment. What is missing is not copied.
 *
 * @throws StateDamagedError, StateNewerError, StateUnavailableError
 */
export async function copyStateFiles(
  from: string,
  to: string,
  mirrors: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const before = await seeLock(from);
    for (const mirror of mirrors) {
      signal?.throwIfAborted();
      await copyMirror(join(from, 'mirrors', mirror), join(to, 'mirrors', mirror), before.held);
    }
    // Whoever has worked on it meanwhile has left a lock of another number.
    if (before.held || before.number === (await seeLock(from)).number) return;
    if (tries === TRIES)
      throw new StateUnavailableError(
        from,
        'one longshore after the other works on this state: try again later',
      );
    await rm(join(to, 'mirrors'), { recursive: true });
  }
}

async function copyMirror(from: string, to: string, inUse: boolean): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const index = lmdbFile(from);
  await copyPlain(markFile(from), to);
  await copyPlain(lowdbFile(from), to);
  if (inUse) await copyInUse(index, to);
  else for (const file of [index, inodeFile(index)]) await copyPlain(file, to);
  // After the index, which is made after the ledger.
  await copyPlain(ledgerFile(from), to);
}

/** A file that nobody writes to, or that is replaced as a whole. */
async function copyPlain(file: string, folder: string): Promise<void> {
  const copy = join(folder, basename(file));
  try {
    await copyFile(file, copy, constants.COPYFILE_FICLONE);
    await chmod(copy, 0o600); // the original's may forbid writing
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw notCopied(file, folder, error);
  }
}

/** The index as of its last commit. Its writer has marked it, so the copy is looked through, and its inodes are noted anew. */
async function copyInUse(index: string, folder: string): Promise<void> {
  if (headerOf(index) === 'absent') return;
  try {
    await copyLmdbFile(index, join(folder, basename(index)));
  } catch (error) {
    throw error instanceof StateError ? error : notCopied(index, folder, error);
  }
}

function notCopied(file: string, folder: string, error: unknown): StateUnavailableError {
  const problem = `cannot be copied to ${folder}, where it would only be looked at (${reasonOf(error)})`;
  return new StateUnavailableError(
    file,
    `${problem}. The environment variable TMPDIR may name a folder with more room`,
    error,
  );
}
