import { orAborted } from '../drivers/signal.js';
import type { RemotePage } from './remote-page.js';

/** Gives a listing's pages to a thread, as many ahead as it has asked for, so that listing and comparing go on side by side. */
export interface ListingFeed {
  /** The thread has room for one more page. */
  wanted(): void;
  /** Rejects when the listing fails; never resolves. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/** `send` gets undefined after the last page. */
export function feedListing(
  listing: AsyncIterable<RemotePage>,
  send: (page: RemotePage | undefined) => void,
  signal: AbortSignal,
): ListingFeed {
  const pages = listing[Symbol.asyncIterator]();
  let room = 0;
  let wake = () => {};
  let closed = false;
  let waiting = false;

  async function feed(): Promise<void> {
    while (!closed) {
      if (room === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      room -= 1;
      waiting = true;
      const page = await orAborted(pages.next(), signal);
      waiting = false;
      if (closed) return;
      send(page.done ? undefined : page.value);
      if (page.done) return;
    }
  }

  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined); // who waits for messages races with it; after the last one nobody does
  const fed = feed().catch((error: unknown) => fail(error));

  return {
    failed,
    wanted() {
      room += 1;
      wake();
    },
    async close() {
      closed = true;
      wake();
      const closing = pages.return?.();
      // A listing that hangs in next() would hang in return() too.
      if (waiting) closing?.then(undefined, () => undefined);
      else await Promise.all([closing, fed]);
    },
  };
}
