import type { Clock } from '../../clock.js';
import type { Capabilities } from '../../drivers/capabilities.js';
import type { ObjectName } from '../../state/object-index.js';
import { feedListing } from './listing-feed.js';
import { createMailbox } from './mailbox.js';
import type { RemotePage } from './remote-page.js';
import type { ScanItem, ScanRequest } from './scan-items.js';
import { CANCELLED, errorOf, type FromScan, SCANNED } from './scan-messages.js';
import { mergeParts, partsOf } from './scan-parts.js';
import { startScanThread } from './scan-thread.js';
import { scanHere } from './small-scan.js';
import { sortedListing } from './sorted-listing.js';

export interface ScanOptions {
  /** What the container holds; without it the source is compared with the index alone. */
  readonly listing?: AsyncIterable<RemotePage>;
  /** As the driver declares it: see Capabilities. Default `utf8`. */
  readonly listingOrder?: Capabilities['listingOrder'];
  /**
   * About the middle of the names in the source: two threads share a scan without a listing there. Any name will do, a
   * wrong one only costs time.
   */
  readonly cutAt?: ObjectName;
  /**
   * True: there are probably few names, and nothing else goes on in this thread. The scan begins here, and goes on in a thread of
   * its own once it turns out to be larger.
   */
  readonly likelySmall?: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Batches of findings and problems. Not taking the next one holds the scan back. The last item is the summary; a scan
 * that fails rejects instead, and nothing may then be taken for gone.
 */
export interface Scan extends AsyncIterable<readonly ScanItem[]> {
  /** Files and links scanned so far. */
  scanned(): number;
}

/** How long a thread may take to notice that it is not wanted any more. */
const PATIENCE_MS = 5000;

/**
 * Scans in a thread of its own, so that the event loop is free meanwhile (see `likelySmall`); it starts with the iteration, which
 * can be had once. Rejects with SourceMissingError, StateDamagedError, StateUnavailableError, ScanFailedError, what the
 * listing throws, or the signal's reason.
 */
export function startScan(request: ScanRequest, options: ScanOptions): Scan {
  const [first, ...others] = options.listing ? [request] : partsOf(request, options.cutAt);
  const shares = [shareOf(first), ...others.map(shareOf)] as const;
  return {
    scanned: () => shares.reduce((sum, { shared }) => sum + Atomics.load(shared, SCANNED), 0),
    [Symbol.asyncIterator]: () => batches(shares, options),
  };
}

function shareOf(request: ScanRequest): Share {
  return { request, shared: new Int32Array(new SharedArrayBuffer(8)) };
}

/** What one thread does. */
interface Share {
  readonly request: ScanRequest;
  readonly shared: Int32Array;
}

async function* batches(
  shares: readonly [Share, ...Share[]],
  { listing, listingOrder = 'utf8', likelySmall = false, signal, clock }: ScanOptions,
): AsyncGenerator<readonly ScanItem[], void> {
  signal.throwIfAborted();
  const [{ request, shared }] = shares;
  let ordered =
    listing && listingOrder === 'none' ? sortedListing(listing, request.location.folder) : listing;
  if (likelySmall && shares.length === 1) {
    const small = await scanHere(request, ordered, shared, signal);
    if (small.items !== undefined) {
      yield small.items;
      return;
    }
    ordered = small.listing;
  }
  const arrivals = createMailbox<Arrived>();
  const threads = shares.map((share, part) =>
    startScanThread(
      { ...share, listed: listing !== undefined },
      { message: (message) => arrivals.put({ part, message }), fail: arrivals.fail },
    ),
  );
  const feed =
    ordered &&
    feedListing(ordered, {
      send: (page) => threads[0]?.send({ kind: 'page', page }, page && [page.objects.buffer]),
      fail: arrivals.fail,
      signal,
    });
  const merged = mergeParts(threads.length);
  try {
    for (let running = threads.length; running > 0; ) {
      const { message, part } = await arrivals.take(signal);
      if (message.kind === 'ended') running -= 1;
      if (message.kind === 'failed') throw errorOf(message.failure, request.root);
      if (message.kind === 'want-page') feed?.wanted();
      if (message.kind !== 'batch') continue;
      const before = merged.allWalked;
      const items = merged.take(part, message.items);
      if (items.length > 0) yield items;
      threads[part]?.send({ kind: 'done' });
      if (merged.allWalked && !before)
        for (const each of threads) each.send({ kind: 'all-walked' });
    }
  } finally {
    for (const { shared } of shares) Atomics.store(shared, CANCELLED, 1);
    for (const thread of threads) thread.send({ kind: 'wake' });
    await feed?.close();
    await Promise.all(threads.map((thread) => thread.end(PATIENCE_MS, clock)));
  }
}

interface Arrived {
  readonly part: number;
  readonly message: FromScan;
}
