import type { RelativePath } from './entry.js';
import { joinPath, pathOnDisk } from './path.js';
import { maybeFolder, visitEntries } from './visit-entries.js';

export interface Count {
  /** Files and folders, and whatever else has a name. */
  readonly entries: number;
  readonly folders: number;
}

/**
 * Counts what is below a folder, folders that are ignored left out, without holding up the event loop. Stops soon after
 * more than `enough` entries. What cannot be read counts as empty.
 */
export async function countBelow(
  root: string,
  under: RelativePath,
  ignoresDirectory: (path: RelativePath) => boolean,
  enough: number,
): Promise<Count> {
  let entries = 0;
  let folders = 0;
  const stack = [under];
  for (let path = stack.pop(); path !== undefined && entries <= enough; path = stack.pop()) {
    const folder = path;
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
