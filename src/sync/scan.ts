import type { Clock } from '../clock.js';
import type { Capabilities } from '../drivers/capabilities.js';
import { orAborted } from '../drivers/signal.js';
import type { RemotePage } from './remote-page.js';
import { CANCELLED, errorOf, SCANNED } from './scan-messages.js';
import type { ScanItem, ScanRequest } from './scan-run.js';
import { startScanThread } from './scan-thread.js';
import { sortedListing } from './sorted-listing.js';

export interface ScanOptions {
  /** What the container holds; without it the source is compared with the index alone. */
  readonly listing?: AsyncIterable<RemotePage>;
  /** As the driver declares it: see Capabilities. Default `utf8`. */
  readonly listingOrder?: Capabilities['listingOrder'];
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
 * Scans in a thread of its own, so that the event loop is free meanwhile; it starts with the iteration, which can be had
 * once. Rejects with SourceMissingError, ScanFailedError, what the listing throws, or the signal's reason.
 */
export function startScan(request: ScanRequest, options: ScanOptions): Scan {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  return {
    scanned: () => Atomics.load(shared, SCANNED),
    [Symbol.asyncIterator]: () => batches(request, options, shared),
  };
}

async function* batches(
  request: ScanRequest,
  { listing, listingOrder = 'utf8', signal, clock }: ScanOptions,
  shared: Int32Array,
): AsyncGenerator<readonly ScanItem[], void> {
  signal.throwIfAborted();
  const ordered = listing && listingOrder === 'none' ? sortedListing(listing, request.location.folder) : listing;
  const pages = ordered?.[Symbol.asyncIterator]();
  const thread = startScanThread({ request, listed: pages !== undefined, shared });
  let listingWaits = false;
  try {
    while (true) {
      const message = await orAborted(thread.next(), signal);
      if (message.kind === 'ended') return;
      if (message.kind === 'failed') throw errorOf(message.failure, request.root);
      if (message.kind === 'batch') {
        yield message.items;
        thread.send({ kind: 'done' });
      } else {
        listingWaits = true;
        const page = pages && (await orAborted(pages.next(), signal));
        listingWaits = false;
        thread.send({ kind: 'page', page: page?.done ? undefined : page?.value });
      }
    }
  } finally {
    Atomics.store(shared, CANCELLED, 1);
    thread.send({ kind: 'wake' });
    const closing = pages?.return?.();
    // A listing that hangs in next() would hang in return() too.
    if (listingWaits) closing?.then(undefined, () => undefined);
    else await closing;
    await thread.end(PATIENCE_MS, clock);
  }
}
