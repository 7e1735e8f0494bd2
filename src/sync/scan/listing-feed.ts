import { orAborted } from '../../signal.js';
import type { RemotePage } from './remote-page.js';

/** Gives a listing's pages to a thread, as many ahead as it has asked for, so that listing and comparing go on side by side. */
export interface ListingFeed {
  /** The thread has room for one more page. */
  wanted(): void;
  close(): Promise<void>;
}

export interface FeedOptions {
  /** Gets undefined after the last page. */
  readonly send: (page: RemotePage | undefined) => void;
  /** Called when the listing fails. */
  readonly fail: (error: unknown) => void;
  readonly signal: AbortSignal;
}

export function feedListing(
  listing: AsyncIterable<RemotePage>,
  { send, fail, signal }: FeedOptions,
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

  const fed = feed().catch(fail);

  return {
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
