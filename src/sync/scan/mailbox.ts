import { createCondition } from '../../condition.js';

/** Items of several senders for one receiver, in the order in which they come. */
export interface Mailbox<T> {
  put(item: T): void;
  /** What was put before can still be taken, then every `take` rejects with the first error. */
  fail(error: unknown): void;
  /** Waits for an item; one taker at a time. Rejects with the reason of `signal` once it is aborted, even while items wait. */
  take(signal: AbortSignal): Promise<T>;
}

export function createMailbox<T>(): Mailbox<T> {
  const items: T[] = [];
  let failure: { readonly error: unknown } | undefined;
  const news = createCondition();
  return {
    put(item) {
      items.push(item);
      news.notifyAll();
    },
    fail(error) {
      failure ??= { error };
      news.notifyAll();
    },
    async take(signal) {
      for (;;) {
        signal.throwIfAborted(); // even while items wait: at any size, what is to stop stops now
        const item = items.shift();
        if (item !== undefined) return item;
        if (failure) throw failure.error;
        await news.wait(signal);
      }
    },
  };
}
