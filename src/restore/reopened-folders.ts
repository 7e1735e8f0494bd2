import { chmodSync } from 'node:fs';
import { statPath } from '../file-stat.js';
import type { FolderTree, OpenFolder } from './folder-tree.js';

/** The owner's rights to make names in a folder, and to reach them. */
const OWNER = 0o700;
const PERMISSIONS = 0o7777;

/** A folder is closed once by each shard that ends meanwhile. */
const MOST_TRIES = 8;

/**
 * The same tree, in which folders whose modes forbid the way, or new names, are opened to their owner: an earlier restore, or that
 * of another shard, has finished them. `isFinished`: whether this process gives the folder its mode itself at the end.
 */
export function reopeningFolders(
  tree: FolderTree,
  isFinished: (segments: readonly string[]) => boolean,
): FolderTree {
  /** `open`: there was nothing to be done, as another process may have done it. */
  function reopen(segments: readonly string[]): 'reopened' | 'open' | 'closed' {
    let state: 'reopened' | 'open' | 'closed' = 'closed';
    for (let depth = 1; depth <= segments.length; depth += 1) {
      const names = segments.slice(0, depth);
      if (!isFinished(names)) continue;
      const opened = tree.withinNow(names, false, openUp) ?? 'closed';
      if (state !== 'reopened' && opened !== 'closed') state = opened;
    }
    return state;
  }

  return {
    ...tree,
    async within(segments, make, work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await tree.within(segments, make, work);
        } catch (error) {
          if (!isDenied(error) || tries === MOST_TRIES) throw error;
          const state = reopen(segments);
          if (state === 'closed' || (state === 'open' && tries > 1)) throw error;
        }
      }
    },
  };
}

function openUp({ at }: OpenFolder): 'reopened' | 'open' | 'closed' {
  const stat = statPath(at);
  const mode = Number(stat.mode) & PERMISSIONS;
  if (Number(stat.uid) !== process.geteuid?.()) return 'closed';
  if ((mode & OWNER) === OWNER) return 'open';
  chmodSync(at, mode | OWNER);
  return 'reopened';
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EACCES';
}
