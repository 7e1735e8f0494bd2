import type { RelativePath } from '../../watcher/entry.js';
import { foldersAbove } from '../../watcher/path.js';
import type { WalkProblem } from '../../watcher/problem.js';

/** Where a scan could not see, so that what it did not find there may exist all the same. */
export interface UnseenRanges {
  /** False when it was known before, or hides nothing. */
  add(problem: WalkProblem): boolean;
  /** Whether the path lies in one; then one more object is counted as kept because of that spot. */
  keeps(path: RelativePath): boolean;
  readonly size: number;
  /** The spots that kept objects, with how many. */
  kept(): IterableIterator<readonly [RelativePath, number]>;
}

interface Spot {
  readonly hides: WalkProblem['hides'];
  kept: number;
}

/** With more than this many spots the whole source counts as one, so that memory stays bounded. */
const MOST_SPOTS = 10_000;

export function openUnseenRanges(mostSpots = MOST_SPOTS): UnseenRanges {
  const spots = new Map<RelativePath, Spot>();
  return {
    add({ path, hides }) {
      const before = spots.get(path);
      if (hides === 'nothing' || before?.hides === hides || before?.hides === 'path-and-below')
        return false;
      if (before !== undefined || spots.size < mostSpots)
        spots.set(path, { hides, kept: before?.kept ?? 0 });
      else if (!spots.has('')) spots.set('', { hides: 'path-and-below', kept: 0 });
      return true;
    },
    keeps(path) {
      const spot = spotOver(spots, path);
      if (spot !== undefined) spot.kept++;
      return spot !== undefined;
    },
    get size() {
      return spots.size;
    },
    *kept() {
      for (const [path, { kept }] of spots) if (kept > 0) yield [path, kept] as const;
    },
  };
}

function spotOver(spots: ReadonlyMap<RelativePath, Spot>, path: RelativePath): Spot | undefined {
  if (spots.size === 0) return undefined;
  const own = spots.get(path);
  if (own?.hides === 'path-and-below') return own;
  for (const folder of foldersAbove(path)) {
    const spot = spots.get(folder);
    if (spot !== undefined) return spot;
  }
  return undefined;
}
