import { orAborted } from '../../signal.js';
import { openIndexView } from '../../state/open-index.js';
import { createUploadPacker } from './pack-uploads.js';
import type { NextPage, RemotePage } from './remote-page.js';
import { noCounts, type ScanItem, type ScanRequest } from './scan-items.js';
import { errorOf, failureOf, SCANNED } from './scan-messages.js';
import { runScan } from './scan-run.js';

/** What became of a scan in the calling thread. */
export type SmallScan =
  | { readonly items: readonly ScanItem[] }
  /** There are too many names. `listing` begins with the pages that were read. */
  | { readonly items: undefined; readonly listing: AsyncIterable<RemotePage> | undefined };

/** A file is looked at twice: on the disk, and in the comparison. So many looks hold up the event loop for some 20 ms. */
const MOST_LOOKS = 2_000;

class TooManyNamesError extends Error {
  override readonly name = 'TooManyNamesError';
}

/**
 * Scans in the calling thread, which takes less time than to start another one, up to a thousand names. Of a larger scan nothing
 * is given out. `shared`: see ScanThreadData. Rejects as startScan does.
 */
export async function scanHere(
  request: ScanRequest,
  listing: AsyncIterable<RemotePage> | undefined,
  shared: Int32Array,
  signal: AbortSignal,
): Promise<SmallScan> {
  const pages = listing && openReplay(listing, signal);
  try {
    const items = await itemsOf(request, pages?.next, shared, signal);
    await pages?.close();
    return { items };
  } catch (error) {
    if (error instanceof TooManyNamesError) return { items: undefined, listing: pages?.again() };
    await pages?.close();
    signal.throwIfAborted();
    throw pages?.threw(error) ? error : errorOf(failureOf(error), request.root);
  }
}

async function itemsOf(
  request: ScanRequest,
  listing: NextPage | undefined,
  shared: Int32Array,
  signal: AbortSignal,
): Promise<readonly ScanItem[]> {
  const packer = request.batchFiles
    ? createUploadPacker(request.policy, request.batchFiles)
    : undefined;
  const counts = noCounts();
  const items: ScanItem[] = [];
  let looks = 0;
  const surroundings = {
    counts,
    openIndex: () => openIndexView(request.location),
    beforeStat() {
      signal.throwIfAborted();
      Atomics.store(shared, SCANNED, counts.scanned);
      looks += 1;
      if (looks > MOST_LOOKS) throw new TooManyNamesError();
    },
    ...(listing && { listing }),
  };
  for await (const item of runScan(request, surroundings)) {
    // What has been walked is known before anything is said to be gone.
    if (item.kind === 'walked' && packer !== undefined) items.push(...packer.flush());
    if (item.kind === 'finding' && packer !== undefined) items.push(...packer.add(item));
    else items.push(item);
  }
  if (packer !== undefined) items.push(...packer.flush());
  Atomics.store(shared, SCANNED, counts.scanned);
  return items;
}

/** A listing whose pages can be had once more. */
interface Replay {
  readonly next: NextPage;
  /** Whether the error is one that the listing threw. */
  threw(error: unknown): boolean;
  /** All pages from the first on. */
  again(): AsyncIterable<RemotePage>;
  close(): Promise<void>;
}

function openReplay(listing: AsyncIterable<RemotePage>, signal: AbortSignal): Replay {
  const pages = listing[Symbol.asyncIterator]();
  const read: RemotePage[] = [];
  const errors = new Set<unknown>();
  let waiting = false;

  async function advance(): Promise<RemotePage | undefined> {
    waiting = true;
    try {
      const page = await orAborted(pages.next(), signal);
      waiting = false;
      return page.done ? undefined : page.value;
    } catch (error) {
      errors.add(error);
      throw error;
    }
  }

  async function close(): Promise<void> {
    const closing = pages.return?.();
    // A listing that hangs in next() would hang in return() too.
    if (waiting) closing?.then(undefined, () => undefined);
    else await closing;
  }

  return {
    async next() {
      const page = await advance();
      if (page !== undefined) read.push(page);
      return page;
    },
    threw: (error) => errors.has(error),
    async *again() {
      try {
        yield* read.splice(0);
        for (let page = await advance(); page !== undefined; page = await advance()) yield page;
      } finally {
        await close();
      }
    },
    close,
  };
}
