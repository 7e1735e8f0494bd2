import { orAborted } from './signal.js';

/** A condition variable: who waits looks, once woken, whether what it waits for has come true. */
export interface Condition {
  /** Resolves with the next `notifyAll`; rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<void>;
  notifyAll(): void;
}

// Each wait has a promise of its own: a race keeps its outcome for as long as one of those that were in it is pending.
export function createCondition(): Condition {
  const waiting = new Set<() => void>();
  return {
    async wait(signal) {
      let wake = () => {};
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
        waiting.add(wake);
      });
      try {
        await orAborted(woken, signal);
      } finally {
        waiting.delete(wake);
      }
    },
    notifyAll() {
      for (const wake of waiting) wake();
    },
  };
}
