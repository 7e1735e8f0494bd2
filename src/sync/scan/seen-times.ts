import type { RelativePath } from '../../watcher/entry.js';
import { foldersAbove } from '../../watcher/path.js';
import { isOlder, type Moment, type Since } from '../moment.js';

/** When the source was last seen, part by part: what a scan finds to have changed has done so after that. */
export interface SeenTimes {
  /** When the last scan began that has seen this path; null: none has. '' is the whole source. */
  at(path: RelativePath): Since;
  /** A scan that began at this moment has seen everything at and below `under`. */
  saw(under: RelativePath, began: Moment): void;
}

/** Folders that are remembered; of more, those that were seen longest ago are as old as the whole. */
const MOST = 1_000;

export function createSeenTimes(before: Since): SeenTimes {
  let whole = before;
  const parts = new Map<RelativePath, Moment>();

  function later(a: Since, b: Since): Since {
    return a === null || (b !== null && isOlder(a, b)) ? b : a;
  }

  return {
    at(path) {
      let seen = later(whole, parts.get(path) ?? null);
      if (parts.size > 0)
        for (const folder of foldersAbove(path)) seen = later(seen, parts.get(folder) ?? null);
      return seen;
    },
    saw(under, began) {
      if (under !== '') {
        parts.delete(under);
        parts.set(under, began);
        const [oldest] = parts.keys();
        if (parts.size > MOST && oldest !== undefined) parts.delete(oldest);
        return;
      }
      whole = later(whole, began);
      for (const [path, moment] of parts) if (!isOlder(began, moment)) parts.delete(path);
    },
  };
}
