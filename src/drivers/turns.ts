import { orAborted } from '../signal.js';

/** Work on one thing at a time, in the order of the calls. */
export interface Turns {
  /** Rejects with the signal's reason when it is aborted before the turn has come; `run` is not called then. */
  take<T>(thing: string, signal: AbortSignal, run: () => Promise<T>): Promise<T>;
}

export function openTurns(): Turns {
  /** Settled when all that has been asked for is over, for each thing that somebody works on. */
  const over = new Map<string, Promise<unknown>>();
  return {
    async take(thing, signal, run) {
      const before = over.get(thing);
      const own = (async () => {
        if (before !== undefined) await orAborted(before, signal);
        return run();
      })();
      // Who gives up does not let the next one overtake those before it.
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
