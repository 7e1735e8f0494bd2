import { lstat, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, isoTime } from '../clock.js';
import { syncFolder } from './durable-file.js';
import { reasonOf, StateUnavailableError, systemCode } from './errors.js';

/**
 * Renames a file to `NAME.damaged-20261122T144147Z`, which this program never reads, and returns that path.
 * `beside` are files that are useless without it, and are removed. `because` replaces `damaged`.
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

/** Whether a file exists. @throws StateUnavailableError when that is unknown. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw new StateUnavailableError(path, `cannot be looked at: ${reasonOf(error)}`, error);
  }
}
