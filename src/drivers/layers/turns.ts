import { orAborted } from '../../signal.js';

/** Callers that wait one after the other, in the order of their calls. */
export interface Turns {
  /** Those that have called and have not ended. */
  readonly waiting: number;
  /** Calls `run` when all earlier callers have ended. Rejects with the signal's reason when it is aborted before, or as `run` does. */
  wait(signal: AbortSignal, run: () => Promise<void>): Promise<void>;
}

export function openTurns(): Turns {
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  return {
    get waiting() {
      return waiting;
    },
    async wait(signal, run) {
      const before = last;
      let release = () => {};
      const after = new Promise<void>((resolve) => {
        release = resolve;
      });
      last = after;
      waiting += 1;
      try {
        await orAborted(before, signal);
        await run();
      } finally {
        waiting -= 1;
        void before.then(release); // an aborted caller does not let the next one overtake earlier callers
      }
    },
  };
}
