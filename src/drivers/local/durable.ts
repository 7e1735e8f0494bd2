import { spawn } from 'node:child_process';
import { syncPath } from '../sync-path.js';
import { withPath } from './failure.js';

/** A file or folder that must survive a loss of power, and any folder of the file system that it is in. */
export interface Dirty {
  readonly path: string;
  readonly volume: string;
}

/** Resolves when all of them are on the disk, with the errors of those that are not, by path. */
export type MakeDurable = (dirty: readonly Dirty[]) => Promise<ReadonlyMap<string, Error>>;

/**
 * From this many on, one syncfs costs less than an fsync for each. It also writes what others have left dirty on that
 * file system, so that it is not worth it for a few.
 */
const SYNC_ALL_FROM = 24;

/** fsync calls under way at once; more of them only wait in libuv's pool. */
const AT_ONCE = 16;

export function createMakeDurable(): MakeDurable {
  let canSyncFileSystem = process.platform === 'linux';

  return async (dirty) => {
    const failures = new Map<string, Error>();
    for (const [volume, paths] of byVolume(dirty)) {
      if (canSyncFileSystem && paths.size >= SYNC_ALL_FROM) {
        const outcome = await syncFileSystem(volume);
        if (outcome === 'done') continue;
        if (outcome === 'no such program') canSyncFileSystem = false;
      }
      await syncEach([...paths], failures);
    }
    return failures;
  };
}

function byVolume(dirty: readonly Dirty[]): ReadonlyMap<string, ReadonlySet<string>> {
  const volumes = new Map<string, Set<string>>();
  for (const { path, volume } of dirty) {
    const paths = volumes.get(volume);
    if (paths) paths.add(path);
    else volumes.set(volume, new Set([path]));
  }
  return volumes;
}

/** Node has no syncfs(2); coreutils has it as a program. */
function syncFileSystem(volume: string): Promise<'done' | 'failed' | 'no such program'> {
  return new Promise((resolve) => {
    const child = spawn('sync', ['-f', volume], { stdio: 'ignore' });
    child.once('error', () => resolve('no such program'));
    child.once('exit', (code) => resolve(code === 0 ? 'done' : 'failed'));
  });
}

async function syncEach(paths: readonly string[], failures: Map<string, Error>): Promise<void> {
  const waiting = paths.values();
  const worker = async () => {
    for (const path of waiting) {
      try {
        await syncPath(path);
      } catch (error) {
        failures.set(path, withPath(path, error) as Error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, paths.length) }, worker));
}
