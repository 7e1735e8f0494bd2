import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failpoint } from '../failpoint.js';
import { reasonOf, StateUnavailableError, systemCode } from './errors.js';

/** With what LMDB and longshore put beside an index of such a name. */
const TEMPORARY = /\.[0-9a-f]{12}\.tmp(-inodes)?(-lock)?$/;

/** A name beside `path` that no other writer uses; what a crash leaves behind is found by `removeTemporaryFiles`. */
export function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

/** The text of a file, or undefined when there is none. @throws StateUnavailableError when it cannot be read. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new StateUnavailableError(
      path,
      `cannot be read (${reasonOf(error)}), so nothing is known of what it says`,
      error,
    );
  }
}

/**
 * Replaces a file with `text` (mode 0600). Readers, and a machine that loses power, have the whole old or the whole new
 * text; the new one when this has resolved. After a rejection the old text is still there, except when only the last
 * step failed (the fsync of the folder): then it is one or the other.
 *
 * @throws StateUnavailableError, ENOSPC and EIO included.
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await writeNew(temporary, text);
    failpoint('state: document written, not renamed');
    await rename(temporary, path);
    failpoint('state: document renamed, folder not synced');
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first error is the one to tell
    throw new StateUnavailableError(
      path,
      `cannot be written (${reasonOf(error)}); what was there before is kept`,
      error,
    );
  }
}

/** Creates a file with mode 0600 whose content is on disk when this resolves (its name is not yet). */
export async function writeNew(path: string, text: string): Promise<void> {
  await withFile(path, 'wx', async (file) => {
    await file.writeFile(text);
    await file.sync();
  });
}

/** Makes names created in, renamed in or removed from a folder survive a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  await withFile(folder, 'r', (handle) => handle.sync());
}

/** What writers that were killed left behind. Only for who holds the lock of the state folder. `isOurs`: which of them; default: all. */
export async function removeTemporaryFiles(
  folder: string,
  isOurs: (name: string) => boolean = () => true,
): Promise<void> {
  for (const name of await readdir(folder)) {
    if (TEMPORARY.test(name) && isOurs(name)) await rm(join(folder, name), { force: true });
  }
}

async function withFile(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
