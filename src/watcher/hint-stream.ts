import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import { createAppearances } from './appearances.js';
import { covers } from './cover.js';
import type { RelativePath } from './entry.js';
import { BOUNDS, createSettle, together } from './settle.js';
import type { Hint, Unsettled } from './watcher.js';

/** Raw events go in, settled hints come out, for one reader. Hints that the reader has not taken stay in bounded memory. */
export interface HintStream extends AsyncIterable<Hint> {
  /** `inode`: of a file that has appeared under the path. */
  changed(path: RelativePath, inode?: bigint): void;
  /** `unheard`: there may be changes without an event. */
  invalidate(under: RelativePath, why: string, unheard?: boolean): void;
  /** Hints that the reader has not taken, or not finished; see Watcher. */
  unsettled(path?: RelativePath): Unsettled | undefined;
  /** The same for rescans alone. */
  unsettledRescans(): Unsettled | undefined;
  /** Unsettled paths under which this file has appeared. */
  appearedAs(inode: bigint): readonly RelativePath[];
  /** Ends the iteration; hints that were not taken are dropped. */
  close(): void;
}

export interface SettleTimes {
  /** Milliseconds for which a path must be quiet before it is due; 0: at the next turn of the event loop. */
  readonly settleMs: number;
  /** Milliseconds after which a path is due that keeps changing. */
  readonly settleLimitMs: number;
}

export function createHintStream(times: SettleTimes, clock: Clock): HintStream {
  const appearances = createAppearances();
  const settle = createSettle({ ...times, ...BOUNDS }, appearances.forget);
  const closing = new AbortController();
  /** Set while nothing waits. Later events are never due before earlier ones, so they need not wake the reader. */
  let arrived: (() => void) | undefined;
  /** Hints that were taken from settle and not returned yet; the reader works on the first. */
  let taken: readonly TakenHint[] = [];

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
      taken = settle.take(clock.monotonic()).map(takenHint);
      for (let [first] = taken; first !== undefined; [first] = taken) {
        const { hint } = first;
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
      // A path that a rescan covers has no hint of its own.
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
        ...taken.flatMap((hint) => hint.about(path)),
      ]);
    },
    unsettledRescans() {
      const rescans = taken.flatMap(({ hint }) =>
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

interface TakenHint {
  readonly hint: Hint;
  /** The part of it that concerns the path, or any path. This is asked for each job while the hint is worked on. */
  about(path: RelativePath | undefined): readonly Unsettled[];
}

function takenHint(hint: Hint): TakenHint {
  if (hint.kind === 'rescan') {
    const { under, since } = hint;
    return {
      hint,
      about: (path) => (path === undefined || covers(under, path) ? [{ since }] : []),
    };
  }
  const oldest = { since: hint.since.reduce((least, each) => Math.min(least, each)) };
  const byPath = new Map(hint.paths.map((path, at) => [path, hint.since[at]] as const));
  return {
    hint,
    about(path) {
      if (path === undefined) return [oldest];
      const since = byPath.get(path);
      return since === undefined ? [] : [{ since }];
    },
  };
}
