import { collapse, covers } from './cover.js';
import type { RelativePath } from './entry.js';
import { foldersAbove, parentOf } from './path.js';
import { quietQueue } from './quiet-queue.js';
import type { Hint, Unsettled } from './watcher.js';

/**
 * Holds what was seen to change until it is quiet, in bounded memory. Pure: the time is an argument, in milliseconds
 * that never go back.
 */
export interface Settle {
  /** False: a rescan that waits covers it. */
  changed(path: RelativePath, now: number): boolean;
  /** Everything at and below `under` is to be looked at. `unheard`: there may be changes that had no event. */
  invalidate(under: RelativePath, why: string, now: number, unheard?: boolean): void;
  /** Removes and returns what is due. */
  take(now: number): Hint[];
  /** When `take` will next return something; undefined when nothing waits. Only `take` moves it to a later time than `now` + settle. */
  nextDue(): number | undefined;
  /** What waits, of the path or of all; undefined: nothing. */
  waiting(path?: RelativePath): Unsettled | undefined;
  /** The rescans that wait. */
  rescans(): readonly Unsettled[];
}

export interface SettleLimits {
  /** How long a path must be quiet before it is given out; 0 gives it out at once. */
  readonly settleMs: number;
  /** What never becomes quiet is given out after this. */
  readonly settleLimitMs: number;
  /** A folder with more changed paths than this is rescanned instead. */
  readonly pathsPerFolder: number;
  /** With more changed folders than this, the folders above them are rescanned instead. */
  readonly folders: number;
  readonly paths: number;
  readonly rescans: number;
}

/** The bounds keep what waits below about 5 MiB with names of usual length. */
export const BOUNDS = {
  pathsPerFolder: 1_000,
  folders: 1_000,
  paths: 20_000,
  rescans: 100,
} as const;

/** How many rescans are left of too many: enough to stay local, few enough that the next collapse is far away. */
const COLLAPSED = 10;

interface Rescan {
  why: string;
  /** The first event that it stands for. */
  since: number;
  touched: number;
  unheard: boolean;
}

/** `onSwallow` is called for each path that waited and that a rescan covers from now on. */
export function createSettle(
  limits: SettleLimits,
  onSwallow: (path: RelativePath) => void = () => {},
): Settle {
  const paths = quietQueue<RelativePath>(limits.settleMs, limits.settleLimitMs);
  const byFolder = new Map<RelativePath, Set<RelativePath>>();
  const rescans = new Map<RelativePath, Rescan>();

  const waitingRescan = (path: RelativePath): Rescan | undefined => {
    const own = rescans.get(path);
    if (own !== undefined || rescans.size === 0) return own;
    for (const folder of foldersAbove(path)) {
      const rescan = rescans.get(folder);
      if (rescan !== undefined) return rescan;
    }
    return undefined;
  };

  const forget = (path: RelativePath): void => {
    paths.delete(path);
    const folder = parentOf(path) ?? '';
    const siblings = byFolder.get(folder);
    siblings?.delete(path);
    if (siblings?.size === 0) byFolder.delete(folder);
  };

  /** Removes what a rescan of `under` sees, and returns what that rescan then stands for. */
  const swallow = (under: RelativePath, now: number): Pick<Rescan, 'since' | 'unheard'> => {
    let since = now;
    let unheard = false;
    for (const [other, rescan] of rescans) {
      if (!covers(under, other)) continue;
      since = Math.min(since, rescan.since);
      unheard ||= rescan.unheard;
      rescans.delete(other);
    }
    const below = [...byFolder]
      .filter(([folder]) => covers(under, folder))
      .flatMap(([, changed]) => [...changed]);
    for (const path of [under, ...below]) {
      since = Math.min(since, paths.since(path) ?? now);
      forget(path);
      onSwallow(path);
    }
    return { since, unheard };
  };

  const invalidate = (under: RelativePath, why: string, now: number, unheard = false): void => {
    const waiting = waitingRescan(under);
    if (waiting !== undefined) {
      waiting.touched = now;
      waiting.unheard ||= unheard;
      return;
    }
    const swallowed = swallow(under, now);
    rescans.set(under, {
      why,
      since: swallowed.since,
      touched: now,
      unheard: unheard || swallowed.unheard,
    });
    if (rescans.size <= limits.rescans) return;
    for (const folder of collapse(rescans.keys(), COLLAPSED)) {
      if (!rescans.has(folder)) {
        rescans.set(folder, { why: 'many folders changed', ...swallow(folder, now), touched: now });
      }
    }
  };

  const collapsePaths = (now: number): void => {
    for (const folder of collapse(byFolder.keys(), COLLAPSED))
      invalidate(folder, 'many files changed', now);
  };

  return {
    invalidate,

    changed(path, now) {
      if (path === '') {
        invalidate(path, 'the source itself changed', now);
        return false;
      }
      const rescan = waitingRescan(path);
      if (rescan !== undefined) {
        rescan.touched = now;
        return false;
      }
      const folder = parentOf(path) ?? '';
      const siblings = byFolder.get(folder) ?? new Set();
      byFolder.set(folder, siblings.add(path));
      paths.touch(path, now);
      if (siblings.size > limits.pathsPerFolder) invalidate(folder, 'many files changed', now);
      else if (byFolder.size > limits.folders || paths.size > limits.paths) collapsePaths(now);
      return paths.has(path);
    },

    take(now) {
      const hints: Hint[] = [];
      for (const [under, { why, since, touched, unheard }] of rescans) {
        if (touched + limits.settleMs > now && since + limits.settleLimitMs > now) continue;
        rescans.delete(under);
        hints.push({ kind: 'rescan', under, why, since: unheard ? undefined : since });
      }
      const due = paths.take(now);
      for (const { key } of due) forget(key);
      if (due.length > 0)
        hints.push({
          kind: 'paths',
          paths: due.map(({ key }) => key),
          since: due.map(({ since }) => since),
        });
      return hints;
    },

    nextDue() {
      let next = paths.nextDue();
      for (const { since, touched } of rescans.values()) {
        const due = Math.min(touched + limits.settleMs, since + limits.settleLimitMs);
        if (next === undefined || due < next) next = due;
      }
      return next;
    },

    rescans: () => [...rescans.values()].map(waitingFor),

    waiting(path) {
      const since = path === undefined ? paths.oldest() : paths.since(path);
      const covering =
        path === undefined
          ? [...rescans.values()]
          : [waitingRescan(path)].filter((rescan) => rescan !== undefined);
      return together([...(since === undefined ? [] : [{ since }]), ...covering.map(waitingFor)]);
    },
  };
}

/** All of them in one; undefined when there is none. */
export function together(all: readonly Unsettled[]): Unsettled | undefined {
  if (all.length === 0) return undefined;
  const times = all.flatMap(({ since }) => since ?? []);
  return { since: times.length < all.length ? undefined : Math.min(...times) };
}

function waitingFor({ since, unheard }: Rescan): Unsettled {
  return { since: unheard ? undefined : since };
}
