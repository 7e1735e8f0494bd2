import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RelativePath } from './entry.js';
import { joinPath, pathOnDisk } from './path.js';
import { maybeFolder, visitEntries } from './visit-entries.js';

export interface Count {
  /** Files and folders, and whatever else has a name. */
  readonly entries: number;
  readonly folders: number;
}

/** Some milliseconds of reading. */
const FOLDERS_PER_TURN = 64;

/**
 * Counts what is below some folders, ignored folders left out, without holding up the event loop. Asks
 * before each folder whether it is `enough`. What cannot be read counts as empty.
 */
export async function countBelow(
  root: string,
  under: readonly RelativePath[],
  ignoresDirectory: (path: RelativePath) => boolean,
  enough: (entries: number) => boolean,
): Promise<Count> {
  let entries = 0;
  let folders = 0;
  let visited = 0;
  const stack = [...under];
  for (let path = stack.pop(); path !== undefined && !enough(entries); path = stack.pop()) {
    const folder = path;
    visited += 1;
    if (visited % FOLDERS_PER_TURN === 0) await nextTurn();
    await visitEntries(pathOnDisk(root, folder), (entry) => {
      entries += 1;
      if (!maybeFolder(entry)) return;
      const below = joinPath(folder, entry.name);
      if (ignoresDirectory(below)) return;
      folders += 1;
      stack.push(below);
    }).catch(() => undefined);
  }
  return { entries, folders };
}
