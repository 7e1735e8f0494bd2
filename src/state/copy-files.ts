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

/** Copies that are started again, as a process changed the original meanwhile. */
const TRIES = 5;

/**
 * Copies the files of some mirrors out of the state folder `from`, without writing to it: unchanged or, while
 * another process works on them, as of one moment. A missing file is skipped.
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
    // Each process that works on the state leaves a lock with a new number.
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

/** Copies a file that is not being written, or is replaced as a whole. */
async function copyPlain(file: string, folder: string): Promise<void> {
  const copy = join(folder, basename(file));
  try {
    await copyFile(file, copy, constants.COPYFILE_FICLONE);
    await chmod(copy, 0o600); // the mode of the original may forbid writing
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw notCopied(file, folder, error);
  }
}

/** Copies the index as of its last commit. As its writer marked it as in use, the copy is checked. */
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
