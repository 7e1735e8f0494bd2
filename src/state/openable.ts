import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { statPath } from '../file-stat.js';
import { reasonOf, StateUnavailableError, systemCode } from './errors.js';
import { requireRoom } from './free-space.js';

/** Descriptors that LMDB has open at once for one file: two of the file, one of its locks, and one of /proc as it starts. */
const DESCRIPTORS = 4;

/**
 * Opens what LMDB is about to open, since LMDB does not survive an opening that fails (lmdb-js 3.5.6: SIGSEGV after a
 * failed open, lock or mmap). For writing, a missing file must be one that can be made.
 *
 * @throws StateUnavailableError saying which call failed on which file, and what to do.
 */
export function requireOpenable(file: string, mode: 'read' | 'write'): void {
  if (mode === 'write') requireRoom(file);
  const descriptors: number[] = [];
  try {
    for (let count = 0; count < DESCRIPTORS; count++)
      descriptors.push(openSync(file, mode === 'write' ? 'r+' : 'r'));
  } catch (error) {
    // A file to be made: requireRoom has made another one in its place.
    if (systemCode(error) !== 'ENOENT' || mode === 'read') throw notOpened(file, 'open', error);
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
  // LMDB reads without its locks where it may not write to them.
  if (mode === 'write') requireLocks(`${file}-lock`);
}

/**
 * Never opens the file: closing any descriptor of it gives up all locks of this process on it (fcntl(2)), and another
 * thread may have LMDB's.
 */
function requireLocks(file: string): void {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw notOpened(file, 'access', error);
  }
}

function notOpened(file: string, call: string, error: unknown): StateUnavailableError {
  return new StateUnavailableError(
    file,
    `cannot be opened (${call}: ${reasonOf(error)}). ${adviceFor(file, systemCode(error))}`,
    error,
  );
}

function adviceFor(file: string, code: string): string {
  if (code === 'EMFILE')
    return 'This process has too many open files: raise its limit (ulimit -n, LimitNOFILE=)';
  if (code === 'ENFILE') return 'The system has too many open files: close some';
  if (code !== 'EACCES' && code !== 'EPERM')
    return 'It is kept; the kernel log may say what is wrong with its disk';
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return `${ownerOf(file)}; give it to the user that longshore runs as: chown -R ${uid}:${gid} '${dirname(file)}'`;
}

function ownerOf(file: string): string {
  try {
    return `It belongs to user ${statPath(file).uid}`;
  } catch {
    return 'Its owner cannot be seen';
  }
}
