import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { statPathIfAny } from '../file-stat.js';
import { temporaryName } from './durable-file.js';
import { reasonOf, StateUnavailableError } from './errors.js';

/** What LMDB writes as it makes a file, for its locks and its first pages, and some more. */
const ROOM = Buffer.alloc(256 * 1024);

/** Finds out whether something can be written to a folder. @throws StateUnavailableError */
export function tryToWrite(folder: string): void {
  const file = join(folder, 'room');
  const temporary = temporaryName(file);
  try {
    writeFileSync(temporary, ROOM, { flag: 'wx', mode: 0o600, flush: true });
  } catch (error) {
    throw new StateUnavailableError(folder, `cannot be written to (${reasonOf(error)})`, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Makes sure that a database that is not there yet can be made on its file system. On a full one, LMDB maps what it
 * could not write, and the process ends with SIGSEGV or SIGBUS, and without a word.
 *
 * @throws StateUnavailableError
 */
export function requireRoom(file: string): void {
  if (isMade(file) && isMade(`${file}-lock`)) return;
  const temporary = temporaryName(file);
  try {
    writeFileSync(temporary, ROOM, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new StateUnavailableError(
      file,
      `cannot be made, as nothing can be written there (${reasonOf(error)})`,
      error,
    );
  } finally {
    rmSync(temporary, { force: true });
  }
}

function isMade(file: string): boolean {
  return (statPathIfAny(file)?.size ?? 0n) > 0n;
}
