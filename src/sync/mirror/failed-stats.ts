import type { Clock } from '../../clock.js';
import { covers } from '../../watcher/cover.js';
import type { RelativePath } from '../../watcher/entry.js';
import { retryAfterMs } from '../../watcher/lasting.js';
import type { Unsettled } from '../../watcher/watcher.js';
import type { PathStats, SourceView } from '../source/source-view.js';

/**
 * Paths whose stat failed for a reason that may be over in a moment (EIO, EMFILE, a folder that was just
 * replaced). What was to be found there is not known until a stat succeeds: they are tried again after 1, 2, 4 ... s.
 */
export interface FailedStats {
  /** A stat of this path has failed. */
  report(path: RelativePath): void;
  /** From now on `again` is called for each, when its time has come; a stat that fails in it is reported again. */
  retryBy(again: (path: RelativePath) => Promise<void>): void;
  /** A scan of everything is to follow: nothing is kept in mind any more. */
  stop(): void;
  /** Whether a path waits for one of its first retries, within a minute; the age of its changes is not known. With a path: only what concerns that path. */
  unsettled(path?: RelativePath): Unsettled | undefined;
}

/** The longest wait between two stats of a path. */
const LIMIT_MS = 60_000;
/** After so many, about a minute, what fails is not about to be over: it is left to the scans that report it. */
const PASSING_FAILURES = 6;
/** More paths than this are tried as one: the whole source. */
const MOST = 1_000;

interface Failing {
  readonly failures: number;
  readonly waits: boolean;
  readonly cancel: () => void;
}

export function createFailedStats(clock: Pick<Clock, 'after'>): FailedStats {
  const failing = new Map<RelativePath, Failing>();
  let retry: ((path: RelativePath) => Promise<void>) | undefined;

  function later(path: RelativePath, failures: number): void {
    const waitMs = retryAfterMs(failures, LIMIT_MS);
    const run = () => {
      // What is found to fail once more soon after goes on with the longer waits.
      const cancel = clock.after(2 * waitMs + LIMIT_MS, () => failing.delete(path));
      failing.set(path, { failures, waits: false, cancel });
      retry?.(path).catch(() => report(path));
    };
    failing.set(path, { failures, waits: true, cancel: clock.after(waitMs, run) });
  }

  function report(path: RelativePath): void {
    if (retry === undefined) return; // a one-shot run says what it could not see
    const found = failing.has(path) || failing.size < MOST ? path : '';
    const before = failing.get(found);
    if (before?.waits) return;
    before?.cancel();
    later(found, (before?.failures ?? 0) + 1);
  }

  return {
    report,
    retryBy(again) {
      retry = again;
    },
    stop() {
      retry = undefined;
      for (const { cancel } of failing.values()) cancel();
      failing.clear();
    },
    unsettled(path) {
      const waits = [...failing].some(
        ([failed, one]) =>
          one.waits &&
          one.failures <= PASSING_FAILURES &&
          (path === undefined || covers(failed, path)),
      );
      return waits ? { since: undefined } : undefined;
    },
  };
}

/** A source that reports each stat that fails. */
export function reportingFailedStats(
  source: SourceView,
  report: FailedStats['report'],
): SourceView {
  const reporting = (stats: PathStats): PathStats => ({
    stat(path) {
      const state = stats.stat(path);
      if (state.found === 'unknown' && state.transient) report(path);
      return state;
    },
    statPath(name) {
      const state = stats.statPath(name);
      if (state.found === 'unknown' && state.transient) report(source.pathOf(name));
      return state;
    },
  });
  return {
    ...source,
    ...reporting(source),
    statsInOrder: () => reporting(source.statsInOrder()),
  };
}
