import { collapse, covers } from './cover.js';
import type { RelativePath } from './entry.js';
import { foldersAbove, parentOf } from './path.js';
import { quietQueue } from './quiet-queue.js';
import type { Hint, Unsettled } from './watcher.js';

/**
 * Holds changed paths until they are quiet, in bounded memory. Pure: the time is an argument, in milliseconds of a
 * monotonic clock.
 */
export interface Settle {
  /** Notes a change. Returns false when a waiting rescan covers the path. */
  changed(path: RelativePath, now: number): boolean;
  /** Requests a rescan of `under` with all below it. `unheard`: there may be changes without an event. */
  invalidate(under: RelativePath, why: string, now: number, unheard?: boolean): void;
  /** Removes and returns the hints that are due. */
  take(now: number): Hint[];
  /** When the next hint is due; undefined when nothing waits. */
  nextDue(): number | undefined;
  /** Since when the path, or any path, waits; undefined when nothing does. */
  waiting(path?: RelativePath): Unsettled | undefined;
  /** Since when each rescan waits. */
  rescans(): readonly Unsettled[];
}

export interface SettleLimits {
  /** Milliseconds for which a path must be quiet before it is due; 0: at once. */
  readonly settleMs: number;
  /** Milliseconds after which a path is due that keeps changing. */
  readonly settleLimitMs: number;
  /** A folder with more changed paths than this is rescanned instead. */
  readonly pathsPerFolder: number;
  /** With more changed folders than this, the folders above them are rescanned instead. */
  readonly folders: number;
  readonly paths: number;
  readonly rescans: number;
}

/** With names of usual length, these bounds limit the memory to about 5 MiB. */
export const BOUNDS = {
  pathsPerFolder: 1_000,
  folders: 1_000,
  paths: 20_000,
  rescans: 100,
} as const;

/** Rescans that remain after a collapse: enough to stay local, few enough that the next collapse is far away. */
const COLLAPSED = 10;

interface Rescan {
  why: string;
  /** Time of the first event that it includes. */
  since: number;
  touched: number;
  unheard: boolean;
}

/** `onSwallow` is called for each waiting path that a new rescan covers. */
export function createSettle(
  limits: SettleLimits,
  onSwallow: (path: RelativePath) => void = () => {},
): Settle {
  const paths = quietQueue<RelativePath>(limits.settleMs, limits.settleLimitMs);
  const byFolder = new Map<RelativePath, Set<RelativePath>>();
  const rescans = createRescans(limits);

  const forget = (path: RelativePath): void => {
    paths.delete(path);
    const folder = parentOf(path) ?? '';
    const siblings = byFolder.get(folder);
    siblings?.delete(path);
    if (siblings?.size === 0) byFolder.delete(folder);
  };

  /** Removes the paths and rescans that a rescan of `under` includes, and returns their first time. */
  const swallow = (under: RelativePath, now: number): Pick<Rescan, 'since' | 'unheard'> => {
    const covered = rescans.takeBelow(under);
    let since = Math.min(now, ...covered.map((rescan) => rescan.since));
    for (const path of [under, ...pathsBelow(under, byFolder)]) {
      since = Math.min(since, paths.since(path) ?? now);
      forget(path);
      onSwallow(path);
    }
    return { since, unheard: covered.some(({ unheard }) => unheard) };
  };

  const invalidate = (under: RelativePath, why: string, now: number, unheard = false): void => {
    const waiting = rescans.covering(under);
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
    for (const folder of rescans.toMerge())
      rescans.set(folder, { why: 'many folders changed', ...swallow(folder, now), touched: now });
  };

  return {
    invalidate,

    changed(path, now) {
      if (path === '') {
        invalidate(path, 'the source itself changed', now);
        return false;
      }
      const rescan = rescans.covering(path);
      if (rescan !== undefined) {
        rescan.touched = now;
        return false;
      }
      const folder = parentOf(path) ?? '';
      const siblings = byFolder.get(folder) ?? new Set();
      byFolder.set(folder, siblings.add(path));
      paths.touch(path, now);
      if (siblings.size > limits.pathsPerFolder) invalidate(folder, 'many files changed', now);
      else if (byFolder.size > limits.folders || paths.size > limits.paths)
        for (const each of collapse(byFolder.keys(), COLLAPSED))
          invalidate(each, 'many files changed', now);
      return paths.has(path);
    },

    take(now) {
      const hints = rescans.take(now);
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

    nextDue: () => earliest(paths.nextDue(), rescans.nextDue()),

    rescans: () => rescans.all().map(waitingFor),

    waiting(path) {
      const since = path === undefined ? paths.oldest() : paths.since(path);
      const covering =
        path === undefined
          ? rescans.all()
          : [rescans.covering(path)].filter((rescan) => rescan !== undefined);
      return together([...(since === undefined ? [] : [{ since }]), ...covering.map(waitingFor)]);
    },
  };
}

/** The rescans that wait, by the folder at and below which they are due. None covers another. */
function createRescans({ settleMs, settleLimitMs, rescans: most }: SettleLimits) {
  const byFolder = new Map<RelativePath, Rescan>();
  const dueAt = ({ since, touched }: Rescan) => Math.min(touched + settleMs, since + settleLimitMs);
  return {
    set: (folder: RelativePath, rescan: Rescan) => void byFolder.set(folder, rescan),
    all: () => [...byFolder.values()],
    nextDue: () => earliest(...[...byFolder.values()].map(dueAt)),

    /** The rescan that includes `path`, if there is one. */
    covering(path: RelativePath): Rescan | undefined {
      const own = byFolder.get(path);
      if (own !== undefined || byFolder.size === 0) return own;
      for (const folder of foldersAbove(path)) {
        const rescan = byFolder.get(folder);
        if (rescan !== undefined) return rescan;
      }
      return undefined;
    },

    /** Removes and returns the rescans at and below `under`. */
    takeBelow(under: RelativePath): Rescan[] {
      const below = [...byFolder].filter(([folder]) => covers(under, folder));
      for (const [folder] of below) byFolder.delete(folder);
      return below.map(([, rescan]) => rescan);
    },

    /** Folders that are to be rescanned as a whole, as too many rescans wait; none while the limit holds. */
    *toMerge(): Generator<RelativePath> {
      if (byFolder.size <= most) return;
      for (const folder of collapse(byFolder.keys(), COLLAPSED))
        if (!byFolder.has(folder)) yield folder;
    },

    /** Removes the rescans that are due, and returns them as hints. */
    take(now: number): Hint[] {
      const due = [...byFolder].filter(([, rescan]) => dueAt(rescan) <= now);
      for (const [under] of due) byFolder.delete(under);
      return due.map(([under, rescan]) => ({
        kind: 'rescan',
        under,
        why: rescan.why,
        since: waitingFor(rescan).since,
      }));
    },
  };
}

function pathsBelow(
  under: RelativePath,
  byFolder: ReadonlyMap<RelativePath, ReadonlySet<RelativePath>>,
): RelativePath[] {
  return [...byFolder]
    .filter(([folder]) => covers(under, folder))
    .flatMap(([, changed]) => [...changed]);
}

/** The smallest of the times; undefined when there is none. */
function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** The earliest of them, as one; undefined when there is none. */
export function together(all: readonly Unsettled[]): Unsettled | undefined {
  if (all.length === 0) return undefined;
  const times = all.flatMap(({ since }) => since ?? []);
  return { since: times.length < all.length ? undefined : Math.min(...times) };
}

function waitingFor({ since, unheard }: Rescan): Unsettled {
  return { since: unheard ? undefined : since };
}
