import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder, writeNew } from './durable-file.js';
import { StateDamagedError, systemCode } from './errors.js';

/*
 * A file in the mirror's folder that is there while its index is open, and stays when the program did not come to close
 * it or met damage: the index is then looked through before it is trusted again.
 */
const IN_USE = 'in use\n';
const DAMAGED = 'damage was met\n';

export function markFile(folder: string): string {
  return join(folder, 'check-needed');
}

export function isMarked(folder: string): boolean {
  try {
    readFileSync(markFile(folder));
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    return true; // unreadable: look
  }
}

/** Durable before the index is opened. */
export async function markInUse(folder: string): Promise<void> {
  await rm(markFile(folder), { force: true });
  await writeNew(markFile(folder), IN_USE);
  await syncFolder(folder);
}

/** The index was closed whole. Keeps the mark when damage was met meanwhile, by whatever thread. */
export async function markClosed(folder: string): Promise<void> {
  if (readFileSync(markFile(folder), 'utf8') !== IN_USE) return;
  await rm(markFile(folder));
  await syncFolder(folder);
}

/** Leaves the mark when `error` is damage in one of the folder's files, and gives the error back to be thrown. */
export function noteDamage(file: string, error: unknown): unknown {
  if (!(error instanceof StateDamagedError)) return error;
  try {
    writeFileSync(markFile(dirname(file)), DAMAGED);
  } catch (cause) {
    return new StateDamagedError(
      error.path,
      `${error.message}; and this could not be noted for the next start`,
      cause,
    );
  }
  return error;
}
