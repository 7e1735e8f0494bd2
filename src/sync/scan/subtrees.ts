import { covers } from '../../watcher/cover.js';
import type { RelativePath } from '../../watcher/entry.js';

/**
 * Pure: at most `limit` (1 or more) folders that together hold all of `paths` and do not hold each other. While there are
 * too many, those that share the deepest folder are replaced by it; of several folders as deep, by the one that holds most
 * of them, as the least is walked there for nothing. So the shallowest folder that was not itself among `paths` is as deep
 * as it can be for that limit: what changed in one part of a source makes no scan of another.
 */
export function smallestSubtrees(
  paths: Iterable<RelativePath>,
  limit: number,
): readonly RelativePath[] {
  let cover = withoutCovered([...new Set(paths)].sort(bySegments));
  while (cover.length > limit) {
    const shared = deepestShared(cover);
    const at = cover.findIndex((path) => covers(shared, path));
    const others = cover.filter((path) => !covers(shared, path));
    cover = [...others.slice(0, at), shared, ...others.slice(at)];
  }
  return cover;
}

/** A folder comes right before what lies below it. No path holds a NUL. */
function bySegments(a: RelativePath, b: RelativePath): number {
  const [x, y] = [a.replaceAll('/', '\0'), b.replaceAll('/', '\0')];
  return x < y ? -1 : x > y ? 1 : 0;
}

function withoutCovered(sorted: readonly RelativePath[]): readonly RelativePath[] {
  const kept: RelativePath[] = [];
  for (const path of sorted) {
    const last = kept.at(-1);
    if (last === undefined || !covers(last, path)) kept.push(path);
  }
  return kept;
}

/** Of sorted paths, two that share the deepest folder stand beside each other. */
function deepestShared(sorted: readonly RelativePath[]): RelativePath {
  const held = new Map<RelativePath, number>();
  for (const [at, path] of sorted.entries()) {
    const next = sorted[at + 1];
    if (next === undefined) continue;
    const shared = sharedFolder(path, next);
    held.set(shared, (held.get(shared) ?? 0) + 1);
  }
  const [first, ...rest] = held;
  const [deepest] = rest.reduce(
    (best, each) => {
      const deeper = depthOf(each[0]) - depthOf(best[0]);
      return deeper > 0 || (deeper === 0 && each[1] > best[1]) ? each : best;
    },
    first ?? (['', 0] as const),
  );
  return deepest;
}

function sharedFolder(a: RelativePath, b: RelativePath): RelativePath {
  const [x, y] = [a.split('/'), b.split('/')];
  let length = 0;
  while (length < x.length && x[length] === y[length]) length += 1;
  return x.slice(0, length).join('/');
}

function depthOf(folder: RelativePath): number {
  return folder === '' ? 0 : folder.split('/').length;
}
