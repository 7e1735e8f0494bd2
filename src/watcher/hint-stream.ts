import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import type { RelativePath } from './entry.js';
import { BOUNDS, createSettle } from './settle.js';
import type { Hint } from './watcher.js';

/** Raw events go in, settled hints come out, to one reader. What is not asked for stays where it settles, in bounded memory. */
export interface HintStream extends AsyncIterable<Hint> {
  changed(path: RelativePath): void;
  doubt(under: RelativePath, why: string): void;
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
  const settle = createSettle({ ...times, ...BOUNDS });
  const closing = new AbortController();
  /** Set while nothing is waiting. Later events are never due before earlier ones, so that they need not wake anybody. */
  let arrived: (() => void) | undefined;

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
      for (const hint of settle.take(clock.monotonic())) {
        yield hint;
        if (closing.signal.aborted) return;
      }
      await wait();
    }
  }

  return {
    changed(path) {
      settle.changed(path, clock.monotonic());
      arrived?.();
    },
    doubt(under, why) {
      settle.doubt(under, why, clock.monotonic());
      arrived?.();
    },
    close() {
      closing.abort();
      arrived?.();
    },
    [Symbol.asyncIterator]: hints,
  };
}
