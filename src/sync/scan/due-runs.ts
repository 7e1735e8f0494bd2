import type { RelativePath } from '../../watcher/entry.js';
import { createCondition } from '../condition.js';

/** A scan, or the whole comparison with the container, that should be made. */
export interface DueRun {
  readonly kind: 'scan' | 'reconcile';
  /** The folder to scan; '' is the whole source. A reconcile is always whole. */
  readonly under: RelativePath;
  readonly why: string;
  /**
   * The folder is gone. It may have been renamed: only when nothing else waits, and what is to be found elsewhere has been
   * found, it is known what to make of that.
   */
  readonly gone?: true;
}

/** Runs that wait for the one before to end. What a waiting run covers is not added a second time; gone folders come last. */
export interface DueRuns {
  add(run: DueRun): void;
  /** The next run, as soon as there is one: the widest first. Rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<DueRun>;
  readonly waiting: readonly DueRun[];
}

/** Waiting scans of folders above which one scan of everything is cheaper to keep in mind. */
const MOST_FOLDERS = 64;

export function createDueRuns(): DueRuns {
  let waiting: readonly DueRun[] = [];
  const added = createCondition();

  return {
    add(run) {
      waiting = merge(waiting, run);
      added.notifyAll();
    },
    async next(signal) {
      while (waiting.length === 0) await added.wait(signal);
      signal.throwIfAborted();
      const [first, ...rest] = waiting as readonly [DueRun, ...DueRun[]];
      waiting = rest;
      return first;
    },
    get waiting() {
      return waiting;
    },
  };
}

/** Pure: what then waits, widest first. */
export function merge(waiting: readonly DueRun[], run: DueRun): readonly DueRun[] {
  if (waiting.some((other) => covers(other, run))) return waiting;
  const merged = [...waiting.filter((other) => !covers(run, other)), run];
  if (merged.length > MOST_FOLDERS) return [{ kind: 'scan', under: '', why: `${merged.length} folders are due` }];
  return merged.sort((a, b) => width(a) - width(b));
}

export function covers(wide: DueRun, narrow: DueRun): boolean {
  if (wide.kind === 'reconcile') return true;
  return narrow.kind === 'scan' && (wide.under === '' || narrow.under === wide.under || narrow.under.startsWith(`${wide.under}/`));
}

function width(run: DueRun): number {
  return run.kind === 'reconcile' ? 0 : run.under === '' ? 1 : run.gone ? 3 : 2;
}
