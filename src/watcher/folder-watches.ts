import type { DirectoryWatch } from './directory-watch.js';
import { identify, sameIdentity } from './identity.js';
import { isLimit } from './watch-limits.js';
import type { WatchTreeOptions } from './watch-tree.js';
import type { WatchedFolder } from './watched-folder.js';

/**
 * `missing`: no folder is at the path. `swapped`: another folder took its place meanwhile. `over`: the watch is no longer
 * wanted. In these three cases no watch remains.
 */
export type WatchOutcome = 'watched' | 'missing' | 'swapped' | 'over';

/** The watches of single folders, within the limits of the system. */
export interface FolderWatches {
  /** Folders that are watched now. */
  readonly count: number;
  /**
   * Watches a folder. `earlier` is the reason of an earlier failure. Rejects with the error of the system, with the reason
   * why its file system cannot be watched, and without a try while a limit of the system holds.
   */
  open(
    folder: WatchedFolder,
    absolutePath: string,
    earlier: Error | undefined,
  ): Promise<WatchOutcome>;
  /** Ends the watch of a folder, if it has one. */
  close(folder: WatchedFolder): void;
  /** Forgets the limit that was hit, so that folders are watched again. */
  retry(): void;
  /** Resolves when all watches that were ended are closed. */
  closed(): Promise<void>;
}

export interface FolderWatchEvents {
  changed(folder: WatchedFolder, kind: 'rename' | 'change', name: string | undefined): void;
  failed(folder: WatchedFolder, error: Error): void;
  /** Whether the watch of the folder is no longer wanted. */
  isOver(folder: WatchedFolder): boolean;
}

export function createFolderWatches(
  { watchDirectory, unwatchable }: Pick<WatchTreeOptions, 'watchDirectory' | 'unwatchable'>,
  on: FolderWatchEvents,
): FolderWatches {
  let count = 0;
  /** The limit of the system that was hit. */
  let limit: Error | undefined;
  let closing: Promise<unknown> = Promise.resolve();

  async function start(folder: WatchedFolder, absolutePath: string): Promise<DirectoryWatch> {
    try {
      return await watchDirectory(absolutePath, {
        changed: (kind, name) => on.changed(folder, kind, name),
        failed: (error) => on.failed(folder, error),
      });
    } catch (error) {
      if (error instanceof Error && isLimit(error)) limit = error;
      throw error;
    }
  }

  function close(folder: WatchedFolder): void {
    if (folder.watch === undefined) return;
    const closed = folder.watch.close();
    if (closed !== undefined) closing = Promise.allSettled([closing, closed]);
    folder.watch = undefined;
    count -= 1;
  }

  return {
    get count() {
      return count;
    },
    async open(folder, path, earlier) {
      if (limit !== undefined) throw limit;
      // The folder of a refused network mount gets no stat: when its server is away, that would hang.
      if (earlier !== undefined && !isLimit(earlier)) throwIfAny(unwatchable(path));
      const identity = identify(path, folder.link);
      if (identity === undefined) return 'missing';
      const above = folder.parent?.identity;
      if (above !== undefined && above.device !== identity.device) throwIfAny(unwatchable(path));
      const watch = await start(folder, path);
      if (on.isOver(folder)) {
        await watch.close();
        return 'over';
      }
      folder.watch = watch;
      count += 1;
      if (!sameIdentity(identity, identify(path, folder.link))) {
        close(folder); // which of the two folders is watched is unknown
        return 'swapped';
      }
      folder.identity = identity;
      return 'watched';
    },
    close,
    retry() {
      limit = undefined;
    },
    async closed() {
      await closing;
    },
  };
}

function throwIfAny(error: Error | undefined): void {
  if (error !== undefined) throw error;
}
