import { orAborted } from '../drivers/signal.js';

/** What several senders have for one who takes it, in the order in which it comes. */
export interface Mailbox<T> {
  put(item: T): void;
  /** What was put before can still be taken, then every `take` rejects with the first error. */
  fail(error: unknown): void;
  /** Waits for an item; one taker at a time. Rejects with the reason of `signal`, too. */
  take(signal: AbortSignal): Promise<T>;
}

// A race of promises would do, if one that stays pending did not keep the outcome of every race that it was in.
export function createMailbox<T>(): Mailbox<T> {
  const items: T[] = [];
  let failure: { readonly error: unknown } | undefined;
  let wake = () => {};
  return {
    put(item) {
      items.push(item);
      wake();
    },
    fail(error) {
      failure ??= { error };
      wake();
    },
    async take(signal) {
      for (;;) {
        const item = items.shift();
        if (item !== undefined) return item;
        if (failure) throw failure.error;
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await orAborted(woken, signal);
      }
    },
  };
}
