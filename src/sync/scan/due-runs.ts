import { createCondition } from '../../condition.js';
import { covers as isAtOrBelow } from '../../watcher/cover.js';
import type { RelativePath } from '../../watcher/entry.js';
import { isOlder } from '../moment.js';
import { covers, type DueRun } from '../run.js';
import { smallestSubtrees } from './subtrees.js';

/** Runs that wait for the one before to end. What a waiting run covers is not added a second time; gone folders come last. */
export interface DueRuns {
  add(run: DueRun): void;
  /**
   * The next run, as soon as there is one: the widest first. The one before counts as over. Rejects with the signal's
   * reason.
   */
  next(signal: AbortSignal): Promise<DueRun>;
  /** The run that `next` gave is over. */
  over(): void;
  readonly waiting: readonly DueRun[];
  /** All that are not over: also the one that `next` gave. */
  readonly open: readonly DueRun[];
}

/** Scans of folders that wait at once. */
const MOST_FOLDERS = 64;

export function createDueRuns(): DueRuns {
  let waiting: readonly DueRun[] = [];
  let current: DueRun | undefined;
  const added = createCondition();

  return {
    add(run) {
      waiting = merge(waiting, run);
      added.notifyAll();
    },
    over() {
      current = undefined;
    },
    async next(signal) {
      current = undefined;
      while (waiting.length === 0) await added.wait(signal);
      signal.throwIfAborted();
      const [first, ...rest] = waiting as readonly [DueRun, ...DueRun[]];
      waiting = rest;
      current = first;
      return first;
    },
    get open() {
      return current === undefined ? waiting : [current, ...waiting];
    },
    get waiting() {
      return waiting;
    },
  };
}

/**
 * Pure: what then waits, widest first. Of more than MOST_FOLDERS scans of folders, those that share the deepest folder become
 * one scan of it: see smallestSubtrees.
 */
export function merge(waiting: readonly DueRun[], run: DueRun): readonly DueRun[] {
  const merged = withRun(waiting, run);
  const ofFolders = merged.filter(({ under }) => under !== '');
  if (ofFolders.length <= MOST_FOLDERS) return widestFirst(merged);
  const subtrees = smallestSubtrees(
    ofFolders.map(({ under }) => under),
    MOST_FOLDERS,
  );
  const whole = merged.filter(({ under }) => under === '');
  return widestFirst(
    subtrees
      .map((folder) => scanOfAll(folder, ofFolders))
      .reduce<readonly DueRun[]>(withRun, whole),
  );
}

/** What a waiting run covers does not wait itself. */
function withRun(waiting: readonly DueRun[], run: DueRun): readonly DueRun[] {
  const wide = waiting.find((other) => covers(other, run));
  if (wide !== undefined)
    return waiting.map((other) => (other === wide ? withAges(wide, [run]) : other));
  const narrow = waiting.filter((other) => covers(run, other));
  return [...waiting.filter((other) => !covers(run, other)), withAges(run, narrow)];
}

/** One run of a folder that finds all that those of `runs` would find that lie in it. */
function scanOfAll(folder: RelativePath, runs: readonly DueRun[]): DueRun {
  const [first, ...others] = runs.filter(({ under }) => isAtOrBelow(folder, under));
  if (first === undefined) throw new RangeError(`no run waits in ${folder}`);
  if (others.length === 0) return first;
  const all = [first, ...others];
  const { gone: _, ...run } = withAges(first, others);
  return {
    ...run,
    sides: {
      source: all.some(({ sides }) => sides.source),
      index: all.some(({ sides }) => sides.index),
      listing: all.some(({ sides }) => sides.listing),
    },
    under: folder,
    deletes: all.some(({ deletes }) => deletes),
    ...(all.every(({ gone }) => gone) && { gone: true }),
    why: `${all.length} folders in it are due`,
  };
}

/** A run that also finds what these would have found. */
function withAges({ since, unseenSinceMs, ...run }: DueRun, others: readonly DueRun[]): DueRun {
  const unseen = [unseenSinceMs, ...others.map((other) => other.unseenSinceMs)].filter(
    (ms) => ms !== undefined,
  );
  let first = since;
  for (const other of others)
    first = first && other.since && (isOlder(other.since, first) ? other.since : first);
  return {
    ...run,
    ...(first && { since: first }),
    ...(others.some(({ fromEvents }) => fromEvents) && { fromEvents: true as const }),
    ...(unseen.length > 0 && { unseenSinceMs: Math.min(...unseen) }),
  };
}

function widestFirst(runs: readonly DueRun[]): readonly DueRun[] {
  return [...runs].sort((a, b) => width(a) - width(b));
}

function width(run: DueRun): number {
  if (run.gone) return 3;
  if (run.under !== '') return 2;
  return run.sides.listing ? 0 : 1;
}
