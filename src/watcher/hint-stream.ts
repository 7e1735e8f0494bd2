import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import { createAppearances } from './appearances.js';
import { covers } from './cover.js';
import type { RelativePath } from './entry.js';
import { BOUNDS, createSettle, together } from './settle.js';
import type { Hint, Unsettled } from './watcher.js';

/** Raw events go in, settled hints come out, to one reader. What is not asked for stays where it settles, in bounded memory. */
export interface HintStream extends AsyncIterable<Hint> {
  /** `inode`: of a file that has appeared under the path. */
  changed(path: RelativePath, inode?: bigint): void;
  /** `unheard`: there may be changes that had no event. */
  invalidate(under: RelativePath, why: string, unheard?: boolean): void;
  /** What is not given out yet, or given out and its reader has not asked for the next; see Watcher. */
  unsettled(path?: RelativePath): Unsettled | undefined;
  /** The same of rescans alone. */
  unsettledRescans(): Unsettled | undefined;
  /** Paths under which this file has appeared, and which are unsettled. */
  appearedAs(inode: bigint): readonly RelativePath[];
  /** Ends the iteration; what was not given out is dropped. */
  close(): void;
}

export interface SettleTimes {
  /** How long a path must be quiet before it is given out; 0 gives it out at the next turn of the event loop. */
  readonly settleMs: number;
  /** A path that never becomes quiet is given out after this. */
  readonly settleLimitMs: number;
}

export function createHintStream(times: SettleTimes, clock: Clock): HintStream {
  const appearances = createAppearances();
  const settle = createSettle({ ...times, ...BOUNDS }, appearances.forget);
  const closing = new AbortController();
  /** Set while nothing is waiting. Later events are never due before earlier ones, so that they need not wake anybody. */
  let arrived: (() => void) | undefined;
  /** Taken, and not all of them given out; the first is with the reader. */
  let taken: readonly Hint[] = [];

  const wait = async (): Promise<void> => {
    if (settle.nextDue() === undefined) {
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
      arrived = undefined;
    }
    const now = clock.monotonic();
    const remaining = (settle.nextDue() ?? now) - now;
    if (remaining <= 0) await nextTurn();
    else await clock.sleep(remaining, closing.signal).catch(() => undefined); // rejects only when closing
  };

  async function* hints(): AsyncGenerator<Hint, void> {
    while (!closing.signal.aborted) {
      taken = settle.take(clock.monotonic());
      for (let hint = taken[0]; hint !== undefined; hint = taken[0]) {
        yield hint;
        taken = taken.slice(1);
        if (hint.kind === 'paths') hint.paths.forEach(appearances.forget);
        if (closing.signal.aborted) return;
      }
      await wait();
    }
  }

  return {
    changed(path, inode) {
      appearances.note(path, inode);
      // What a rescan covers has no hint of its own.
      if (!settle.changed(path, clock.monotonic())) appearances.forget(path);
      arrived?.();
    },
    invalidate(under, why, unheard) {
      settle.invalidate(under, why, clock.monotonic(), unheard);
      arrived?.();
    },
    unsettled(path) {
      const waiting = settle.waiting(path);
      return together([
        ...(waiting === undefined ? [] : [waiting]),
        ...taken.flatMap((hint) => about(hint, path)),
      ]);
    },
    unsettledRescans() {
      const rescans = taken.flatMap((hint) =>
        hint.kind === 'rescan' ? [{ since: hint.since }] : [],
      );
      return together([...settle.rescans(), ...rescans]);
    },
    appearedAs: appearances.pathsOf,
    close() {
      closing.abort();
      arrived?.();
    },
    [Symbol.asyncIterator]: hints,
  };
}

/** What a hint stands for, if it concerns the path. */
function about(hint: Hint, path: RelativePath | undefined): readonly Unsettled[] {
  if (hint.kind === 'rescan')
    return path === undefined || covers(hint.under, path) ? [{ since: hint.since }] : [];
  const since = path === undefined ? Math.min(...hint.since) : hint.since[hint.paths.indexOf(path)];
  return since === undefined ? [] : [{ since }];
}
