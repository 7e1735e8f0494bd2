import { open } from 'node:fs/promises';

/** It was removed meanwhile, or this file system knows no fsync of a folder (as CIFS). */
const NOTHING_TO_DO = new Set<unknown>(['ENOENT', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/**
 * Makes a file, or the names in a folder, survive a loss of power. Resolves as well when it is gone, or
 * when its file system has no such call. Rejects as the system does (EIO and ENOSPC, mostly).
 */
export async function syncPath(path: string): Promise<void> {
  try {
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!NOTHING_TO_DO.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}

/**
 * Makes the names that were made in a folder survive a loss of power, as far as its user may: a folder that may be
 * written and not read cannot be synced, and neither can one on Windows.
 */
export async function syncNames(folder: string): Promise<void> {
  try {
    await syncPath(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
  }
}
