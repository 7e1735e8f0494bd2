import { orAborted } from '../signal.js';

/** Runs the work for one key one at a time, in the order of the calls. */
export interface Turns {
  /** Rejects with the signal's reason when it is aborted before its turn; `run` is not called then. */
  take<T>(thing: string, signal: AbortSignal, run: () => Promise<T>): Promise<T>;
}

export function openTurns(): Turns {
  /** For each key with work: settled when all work that was requested for it has ended. */
  const over = new Map<string, Promise<unknown>>();
  return {
    async take(thing, signal, run) {
      const before = over.get(thing);
      const own = (async () => {
        if (before !== undefined) await orAborted(before, signal);
        return run();
      })();
      // An aborted caller does not let the next one overtake earlier callers.
      const all = Promise.allSettled([before, own]);
      over.set(thing, all);
      try {
        return await own;
      } finally {
        void all.then(() => over.get(thing) === all && over.delete(thing));
      }
    },
  };
}
