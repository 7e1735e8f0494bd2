import { compareNames } from '../utf8-order.js';
import { openDescent, searchDenied } from './descend.js';
import type { LocalEntry, RelativePath } from './entry.js';
import { openFilter } from './filter.js';
import { type Folder, openFolder, whatBecameOf } from './folder.js';
import { LINK_SUFFIX } from './links.js';
import {
  ALL_NAMES,
  isInRange,
  mayBeInRange,
  type NameRange,
  reachesInto,
  straddles,
} from './name-range.js';
import { joinPath } from './path.js';
import { problem, type WalkProblem } from './problem.js';
import { SourceMissingError } from './source.js';
import {
  type Directory,
  type Found,
  SearchDenied,
  statEntry,
  type WalkContext,
} from './stat-entry.js';

export type WalkItem = LocalEntry | WalkProblem;

/**
 * Everything at and below `under` that can become an object, in the UTF-8 byte order of the objects' names: a folder
 * stands where its name and `/` do, itself where the mirror keeps folders and then all that is in it, a preserved link where its
 * name and `.rclonelink` do. Problems come as they are met.
 * Entries that vanish meanwhile are skipped. Only folders and ignore files are opened. Memory grows with the folders
 * on one path, not with the tree.
 *
 * Of a `range`, only what is in it; folders on its borders are walked on both sides of them, and so are their problems.
 *
 * Synchronous, for worker threads: Node's asynchronous calls walk at a quarter of the speed.
 * @throws SourceMissingError when the source itself can no longer be read, or is another folder at the end
 */
export function* walk(
  at: WalkContext,
  under: RelativePath = '',
  range: NameRange = ALL_NAMES,
): Generator<WalkItem, void> {
  const { found, above } = openDescent(at)(under);
  if (found.kind === 'file' || found.kind === 'symlink' || found.kind === 'problem') yield found;
  if (found.kind !== 'directory') return;

  const line: Directory[] = above.map(({ directory }) => directory);
  const stack: Level[] = [];
  let entering: Directory | undefined = found;
  let rules = above.at(-1)?.rules ?? openFilter(at.filter);
  while (true) {
    if (entering !== undefined) {
      if (entering.entry !== undefined && isInRange(range, `${entering.path}/`))
        yield entering.entry;
      const opened = openFolder(at, entering, rules);
      if (opened?.kind === 'problem') yield opened;
      if (opened?.kind === 'folder') {
        yield* opened.warnings;
        for (const { printable, inode } of opened.notUtf8)
          yield unnameable(joinPath(entering.path, printable), inode);
        stack.push(levelOf(opened, range));
        line.push(entering);
      }
      entering = undefined;
    }
    const level = stack.at(-1);
    if (level === undefined) return;
    rules = level.folder.rules;
    const item = takeNext(at, level, line);
    if (item === undefined) {
      stack.pop();
      line.pop();
      const unseen = whatBecameOf(at, level.folder.directory);
      if (unseen !== undefined) yield unseen;
    } else if (item.kind === 'directory') entering = item;
    else if (item.kind === 'file' || item.kind === 'symlink' || item.kind === 'problem') yield item;
  }
}

/** A folder that is being walked. */
interface Level {
  readonly folder: Folder;
  /** Its names, without those that are certainly outside of the range. */
  readonly names: readonly string[];
  /** Set where a part of the folder is outside of the range. */
  readonly border: NameRange | undefined;
  next: number;
  /**
   * Folders and preserved links whose object names come later than their own: names that begin with theirs may stand
   * between (`a`, `a-b`, `a/c`). Each stands before those under it, so that only the last needs to be compared.
   */
  readonly waiting: { readonly key: string; readonly item: Found }[];
}

function levelOf(folder: Folder, range: NameRange): Level {
  const { path } = folder.directory;
  if (!straddles(range, path))
    return { folder, names: folder.names, border: undefined, next: 0, waiting: [] };
  const names = folder.names.filter((name) => mayBeInRange(range, joinPath(path, name)));
  return { folder, names, border: range, next: 0, waiting: [] };
}

function isBeyond(border: NameRange, item: Found): boolean {
  if (item.kind === 'directory') return !reachesInto(border, item.path);
  if (item.kind === 'file') return !isInRange(border, item.path);
  return item.kind === 'symlink' && !isInRange(border, item.path + LINK_SUFFIX);
}

/** The next thing in the order of object names; undefined at the folder's end. */
function takeNext(at: WalkContext, level: Level, line: readonly Directory[]): Found | undefined {
  const { names, border, waiting } = level;
  while (true) {
    const name = names[level.next];
    const first = waiting.at(-1);
    if (first !== undefined && (name === undefined || compareNames(first.key, name) <= 0)) {
      waiting.pop();
      return first.item;
    }
    if (name === undefined) return undefined;
    level.next++;
    const item = statInside(at, level, name, line);
    if (item.kind === 'ignored') noteExcluded(at, level, name, item.isFolder);
    if (border !== undefined && isBeyond(border, item)) continue;
    if (item.kind === 'directory') waiting.push({ key: `${name}/`, item });
    else if (item.kind === 'symlink') waiting.push({ key: name + LINK_SUFFIX, item });
    else if (item.kind === 'file' || item.kind === 'problem') return item;
  }
}

/** Folders on a border are walked from both sides: each entry in them counts on one. */
function noteExcluded(at: WalkContext, level: Level, name: string, isFolder: boolean): void {
  const { directory, rules } = level.folder;
  const path = joinPath(directory.path, name);
  if (level.border === undefined || isInRange(level.border, path))
    at.excluded(rules.exclusionOf(path, isFolder));
}

function statInside(
  at: WalkContext,
  level: Level,
  name: string,
  line: readonly Directory[],
): Found {
  const { directory, rules } = level.folder;
  try {
    return statEntry(at, joinPath(directory.path, name), rules, line);
  } catch (error) {
    if (!(error instanceof SearchDenied)) throw error;
    if (directory.path === '')
      throw new SourceMissingError(at.source.root, `cannot be searched: ${error.message}`, {
        cause: error,
      });
    level.next = level.names.length;
    return searchDenied(directory.path, error);
  }
}

function unnameable(path: RelativePath, inode: bigint | undefined): WalkProblem {
  const detail = 'its name is not valid UTF-8, so no object can have it; rename it (convmv can)';
  return problem(path, 'name-not-utf8', detail, 'nothing', inode);
}
