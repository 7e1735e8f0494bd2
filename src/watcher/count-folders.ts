import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RelativePath } from './entry.js';
import type { FolderRules } from './filter.js';
import { knownRulesInside } from './ignore-file.js';
import { joinPath, pathOnDisk } from './path.js';
import { maybeFolder, visitEntries } from './visit-entries.js';

export interface Count {
  /** Files and folders, and whatever else has a name. */
  readonly entries: number;
  readonly folders: number;
}

/** A folder, and the rules inside the one that holds it. */
export interface CountedFolder {
  readonly path: RelativePath;
  readonly around: FolderRules;
}

/** Some milliseconds of reading. */
const FOLDERS_PER_TURN = 64;

/**
 * Counts the entries below some folders, without ignored folders and without blocking the event loop. Asks
 * before each folder whether it is `enough`. What cannot be read counts as empty.
 */
export async function countBelow(
  root: string,
  under: readonly CountedFolder[],
  enough: (entries: number) => boolean,
): Promise<Count> {
  let entries = 0;
  let folders = 0;
  let visited = 0;
  const stack = [...under];
  for (let folder = stack.pop(); folder !== undefined && !enough(entries); folder = stack.pop()) {
    const { path, around } = folder;
    visited += 1;
    if (visited % FOLDERS_PER_TURN === 0) await nextTurn();
    const onDisk = pathOnDisk(root, path);
    const rules = knownRulesInside(path, onDisk, around);
    await visitEntries(onDisk, (entry) => {
      entries += 1;
      if (!maybeFolder(entry)) return;
      const below = joinPath(path, entry.name);
      if (rules.ignoresDirectory(below)) return;
      folders += 1;
      stack.push({ path: below, around: rules });
    }).catch(() => undefined);
  }
  return { entries, folders };
}
