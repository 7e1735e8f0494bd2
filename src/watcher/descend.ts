import type { RelativePath } from './entry.js';
import { type FolderRules, openFilter } from './filter.js';
import { rulesInside } from './ignore-file.js';
import { foldersAbove, isRelativePath, pathOnDisk } from './path.js';
import { problem, type WalkProblem } from './problem.js';
import {
  ABSENT,
  type Directory,
  type Found,
  IGNORED,
  SearchDenied,
  statEntry,
  type WalkContext,
} from './stat-entry.js';

/** A folder with the rules inside it. */
export interface OpenFolder {
  readonly directory: Directory;
  readonly rules: FolderRules;
}

/** What is at a path, and the folders from the source down to it, unless a non-folder is among them. */
export interface Descent {
  readonly found: Found;
  readonly above: readonly OpenFolder[];
}

/**
 * Finds single paths as a walk from the top would: through the folders above them, with their ignore files and links. It
 * remembers the folders of the last path, so that sorted paths cost little; make a new one to see changes in them.
 * A text that is not a path (`../a`) finds nothing. A problem of a folder above is the answer for
 * everything below it, and is in `blinds`.
 */
export function openDescent(at: WalkContext): (path: RelativePath) => Descent {
  let open: OpenFolder[] = [];
  return (path) => {
    if (!isRelativePath(path)) return { found: ABSENT, above: [] };
    const folders = [...foldersAbove(path)];
    open = open.filter(({ directory }, depth) => directory.path === folders[depth]);
    for (const folder of folders.slice(open.length)) {
      const found = folder === '' ? top(at) : statBelow(at, folder, open);
      if (found.kind !== 'directory')
        return { found: inTheWay(found, path, folders, open), above: open };
      const rules = rulesInside(
        folder,
        pathOnDisk(at.source.root, folder),
        open.at(-1)?.rules ?? openFilter(at.filter),
      );
      if ('kind' in rules) return { found: rules, above: open };
      open.push({ directory: found, rules });
    }
    const found = path === '' ? top(at) : statBelow(at, path, open);
    return { found: found.kind === 'absent' ? absence(path, folders, open) : found, above: open };
  };
}

/**
 * Whether a missing file, or folder, would have been ignored. `include` does not apply to folders, so for a path
 * whose former kind is unknown only `exclude` counts: see Found.
 */
export function wouldBeIgnored(
  path: RelativePath,
  kind: 'file' | 'folder',
  { found, above }: Descent,
): boolean {
  const rules = above.at(-1)?.rules;
  if (found.kind !== 'absent' || rules === undefined) return false;
  return kind === 'folder' ? rules.ignoresDirectory(path) : rules.ignoresFile(path);
}

function top({ source }: WalkContext): Directory {
  return { kind: 'directory', path: '', device: source.device, inode: source.inode };
}

function statBelow(at: WalkContext, path: RelativePath, open: readonly OpenFolder[]): Found {
  const folder = open.at(-1);
  if (folder === undefined) return ABSENT;
  try {
    return statEntry(
      at,
      path,
      folder.rules,
      open.map(({ directory }) => directory),
    );
  } catch (error) {
    if (error instanceof SearchDenied) return searchDenied(folder.directory.path, error);
    throw error;
  }
}

export function searchDenied(folder: RelativePath, error: SearchDenied): WalkProblem {
  return problem(
    folder,
    'unreadable',
    `its folder may not be searched: ${error.message}`,
    'path-and-below',
  );
}

/** Something other than a folder at a folder's path decides for all paths below it: a file means that they are missing. */
function inTheWay(
  found: Found,
  path: RelativePath,
  folders: readonly RelativePath[],
  open: readonly OpenFolder[],
): Found {
  if (found.kind === 'problem')
    return found.hides === 'below' ? { ...found, hides: 'path-and-below' } : found;
  return found.kind === 'ignored' ? found : absence(path, folders, open);
}

/** Objects of excluded paths stay in the container, whether the file still exists or not. */
function absence(
  path: RelativePath,
  folders: readonly RelativePath[],
  open: readonly OpenFolder[],
): Found {
  const rules = open.at(-1)?.rules;
  if (rules === undefined) return ABSENT;
  const excluded =
    folders.slice(open.length).some((folder) => rules.ignoresDirectory(folder)) ||
    rules.excludesFile(path);
  return excluded ? IGNORED : ABSENT;
}
