import type { RelativePath } from './entry.js';
import { foldersAbove, isBelow, parentOf } from './path.js';

/** Whether a scan of everything at and below `under` reads `path`. */
export function covers(under: RelativePath, path: RelativePath): boolean {
  return path === under || isBelow(path, under);
}

/**
 * At most `limit` (1 or more) paths that together cover all of `paths`, and do not cover each other: while there are
 * too many, the deepest are replaced by their folders.
 */
export function collapse(paths: Iterable<RelativePath>, limit: number): RelativePath[] {
  const all = new Set(paths);
  const levels = new Map<number, Set<RelativePath>>();
  let count = 0;
  const add = (path: RelativePath, depth: number): void => {
    const level = levels.get(depth) ?? new Set();
    if (level.size === 0) levels.set(depth, level);
    count += level.has(path) ? 0 : 1;
    level.add(path);
  };
  for (const path of all) {
    const above = [...foldersAbove(path)];
    if (!above.some((folder) => all.has(folder))) add(path, above.length);
  }
  for (let depth = Math.max(...levels.keys()); count > limit; depth--) {
    const deepest = levels.get(depth) ?? [];
    levels.delete(depth);
    for (const path of deepest) {
      count -= 1;
      add(parentOf(path) ?? '', depth - 1);
    }
  }
  return [...levels.values()].flatMap((level) => [...level]);
}
