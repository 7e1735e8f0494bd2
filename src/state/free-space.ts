import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** Of a page of LMDB; a change that stands alone writes at least one. */
const PAGE = 4096;
/** What a commit of any size leaves free: changes beside each other share their pages. */
const MOST_NEEDED = 2 * 2 ** 20;

/**
 * Makes sure before a commit of so many changes that its file system has room for it as a rule. A write that fails within
 * LMDB ends the process (see failed-environment.ts); this is an error like others, after which the mirror waits for room.
 * What no one can ask for, as a quota, still fails within LMDB.
 *
 * @throws StateUnavailableError with the bytes that are free and those that are needed; nothing of the commit is done then
 */
export function requireRoomForCommit(file: string, changes: number): void {
  const needed = Math.min(MOST_NEEDED, (16 + changes) * PAGE);
  const free = freeBytes(dirname(file));
  if (free === undefined || free >= needed) return;
  throw new StateUnavailableError(
    file,
    `is not written to: ${kib(free)} are free on its file system, and ${kib(needed)} are needed; what was there before is kept`,
  );
}

/** Undefined where the file system does not say. */
function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function kib(bytes: number): string {
  return `${Math.floor(bytes / 1024)} KiB`;
}

function isMade(file: string): boolean {
  return (statPathIfAny(file)?.size ?? 0n) > 0n;
}
