import { createCondition } from '../../condition.js';
import type { RelativePath } from '../../watcher/entry.js';
import { isOlder, type Moment } from '../moment.js';

/** A scan, or the whole comparison with the container, that should be made. */
export interface DueRun {
  readonly kind: 'scan' | 'reconcile';
  /** The folder to scan; '' is the whole source. A reconcile is always whole. */
  readonly under: RelativePath;
  readonly why: string;
  /** When the first event came of what is to be found. Missing: there may be changes that had no event. */
  readonly since?: Moment;
  /**
   * It may find files that have come since then and that nothing has seen: milliseconds on the monotonic clock. Missing: nothing
   * says that there are any (a timer's run). See ScansDue.
   */
  readonly unseenSinceMs?: number;
  /**
   * The folder is gone. It may have been renamed: only when nothing else waits, and what is to be found elsewhere has been
   * found, it is known what to make of that.
   */
  readonly gone?: true;
  /** Makes jobs of new and changed files only. Names without a file are left to another scan. */
  readonly noDeletes?: true;
}

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

/** Waiting scans of folders above which one scan of everything is cheaper to keep in mind. */
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

/** Pure: what then waits, widest first. */
export function merge(waiting: readonly DueRun[], run: DueRun): readonly DueRun[] {
  const wide = waiting.find((other) => covers(other, run));
  if (wide !== undefined)
    return waiting.map((other) => (other === wide ? withAges(wide, [run]) : other));
  const narrow = waiting.filter((other) => covers(run, other));
  const merged = [...waiting.filter((other) => !covers(run, other)), withAges(run, narrow)];
  if (merged.length <= MOST_FOLDERS) return merged.sort((a, b) => width(a) - width(b));
  const [first, ...others] = merged as [DueRun, ...DueRun[]];
  const { gone: _, noDeletes: __, ...all } = withAges(first, others);
  return [{ ...all, kind: 'scan', under: '', why: `${merged.length} folders are due` }];
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
    ...(unseen.length > 0 && { unseenSinceMs: Math.min(...unseen) }),
  };
}

export function covers(wide: DueRun, narrow: DueRun): boolean {
  if (wide.kind === 'reconcile') return true;
  if (wide.noDeletes && !narrow.noDeletes) return false;
  return (
    narrow.kind === 'scan' &&
    (wide.under === '' || narrow.under === wide.under || narrow.under.startsWith(`${wide.under}/`))
  );
}

function width(run: DueRun): number {
  return run.kind === 'reconcile' ? 0 : run.under === '' ? 1 : run.gone ? 3 : 2;
}
