import { createCondition } from '../../condition.js';
import { isOlder } from '../moment.js';
import { covers, type DueRun, SCAN } from '../run.js';

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
  const { gone: _, ...all } = withAges(first, others);
  return [{ ...all, ...SCAN, why: `${merged.length} folders are due` }];
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

function width(run: DueRun): number {
  if (run.gone) return 3;
  if (run.under !== '') return 2;
  return run.sides.listing ? 0 : 1;
}
