import { lstat, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, isoTime } from '../clock.js';
import { syncFolder } from './durable-file.js';
import { reasonOf, StateUnavailableError, systemCode } from './errors.js';

/**
 * Renames a file to `NAME.damaged-20261122T144147Z`, where nothing of ours looks again, and gives that path.
 * `beside` are files that say nothing without it, and go. `because`: instead of `damaged`.
 */
export async function setAside(
  file: string,
  beside: readonly string[],
  clock: Clock,
  because = 'damaged',
): Promise<string> {
  const moment = isoTime(clock.now()).replace(/[-:]|\.\d+/g, '');
  let kept = `${file}.${because}-${moment}`;
  for (let again = 2; await isThere(kept); again++) kept = `${file}.${because}-${moment}-${again}`;
  await rename(file, kept);
  for (const other of beside) await rm(other, { force: true });
  await syncFolder(dirname(file));
  return kept;
}

/** @throws StateUnavailableError when it cannot be told. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw new StateUnavailableError(path, `cannot be looked at: ${reasonOf(error)}`, error);
  }
}
