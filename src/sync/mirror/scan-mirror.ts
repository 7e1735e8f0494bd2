import { failpoint } from '../../failpoint.js';
import { childController } from '../../signal.js';
import type { ObjectName } from '../../state/object-index.js';
import { mayWaitForNetwork, readMounts } from '../../watcher/network-file-system.js';
import { type DueRun, seesWholeMirror } from '../run.js';
import { type ScanOptions, startScan } from '../scan/scan.js';
import type { ScanRequest, ScanSummary } from '../scan/scan-items.js';
import { WORTH_SHARING } from '../scan/scan-parts.js';
import type { SourceView } from '../source/source-view.js';
import { type BeginningMirror, type BegunRun, beginRun } from './begin-run.js';
import { collectFindings, type FindingMirror, type RunFindings } from './collect-findings.js';
import { type FinishingMirror, finishRun, type ScanResult } from './finish-run.js';
import type { Mirror } from './mirror.js';
import type { DeletingMirror } from './run-deletes.js';
import {
  type ListingMirror,
  openRunListing,
  openRunPlaces,
  type RunListing,
} from './run-listing.js';
import { type RequestingMirror, scanRequestOf } from './scan-request.js';
import { findMoved, type TwiceWalkedMirror } from './second-walk.js';

/** A mirror as its runs see it: what each step of a run takes. */
export type ScannedMirror = BeginningMirror &
  RequestingMirror &
  FindingMirror &
  DeletingMirror &
  TwiceWalkedMirror &
  ListingMirror &
  FinishingMirror &
  Pick<Mirror, 'waitingJobs' | 'missed'> & {
    readonly parts: Pick<Mirror['parts'], 'backend' | 'walksTwice' | 'persistence'>;
  };

/**
 * Compares the sides of the run, and makes jobs of the differences.
 * Resolves when the comparison is over; `finished` when its jobs are done and the ledger is written. Both reject when
 * `stop` is aborted, and when the container is missing or denied. The comparison also rejects with SourceMissingError,
 * and with the driver's error when the container cannot be listed. After a rejection nothing is deleted.
 */
export async function scanMirror(
  mirror: ScannedMirror,
  due: DueRun,
  stop: AbortSignal,
): Promise<{ readonly finished: Promise<ScanResult> }> {
  const {
    controller: { signal },
    unlink,
  } = childController(stop, mirror.containerTrouble.signal);
  const { parts, scansDue } = mirror;
  const { ledger, clock } = parts;
  const begun = beginRun(mirror, due);
  const others = openRunPlaces(mirror, signal);
  const findings = collectFindings(mirror, begun, others);
  const { deletes } = findings;
  try {
    const listing = due.sides.listing
      ? await openRunListing(mirror, due, others, signal)
      : undefined;
    const compared = await compareListed(mirror, begun, findings, listing, signal);
    const { summary, changed, request, options } = compared;
    if (seesWholeMirror(due) && !ledger.read().reconciled)
      await noteFirstReconcile(mirror, summary);
    if (changed && parts.walksTwice && deletes.size > 0 && due.under === '')
      await findMoved(mirror, begun.run, request, options);
    const asOfMs = clock.monotonic();
    begun.walked(changed);
    mirror.waitingJobs.recheck();
    const deletesOver =
      deletes.size === 0 || !scansDue.isDue(asOfMs)
        ? await deletes.enqueue(begun.run, seesWholeMirror(due), asOfMs, signal)
        : undefined;
    const rest = { summary, asOfMs, deletes, deletesOver };
    return { finished: finishRun(mirror, begun, rest, signal).finally(unlink) };
  } catch (error) {
    deletes.close();
    begun.fail();
    unlink();
    throw error;
  }
}

interface Compared {
  readonly summary: ScanSummary;
  /** A folder of the source changed meanwhile. */
  readonly changed: boolean;
}

/** Makes jobs of what the scan finds, and closes the listing. Resolves with what the scan was asked for, too. */
async function compareListed(
  mirror: Pick<ScannedMirror, 'stats' | 'work' | 'source' | 'parts'>,
  begun: BegunRun,
  findings: RunFindings,
  listing: RunListing | undefined,
  signal: AbortSignal,
): Promise<Compared & { readonly request: ScanRequest; readonly options: ScanOptions }> {
  try {
    const request = await scanRequestOf(mirror, begun.due);
    const options = {
      signal,
      clock: mirror.parts.clock,
      ...whereToCut(mirror.parts),
      likelySmall: isLikelySmall(mirror.parts, request),
    };
    const { isInventory = false } = listing ?? {};
    const compared = await compareSides(
      mirror,
      begun,
      findings,
      { ...request, isInventory },
      {
        ...options,
        ...(listing && { listing: listing.pages, listingOrder: listing.listingOrder }),
      },
    );
    return { ...compared, request, options };
  } finally {
    await listing?.close();
  }
}

async function compareSides(
  { stats }: Pick<Mirror, 'stats'>,
  { run }: BegunRun,
  findings: RunFindings,
  request: ScanRequest,
  options: ScanOptions,
): Promise<Compared> {
  const scan = startScan(request, options);
  run.scanned = scan.scanned;
  let changed = false;
  let summary: ScanSummary | undefined;
  for await (const items of scan) {
    for (const item of items) {
      options.signal.throwIfAborted();
      if (item.kind === 'walked') ({ changed } = item);
      else if (item.kind === 'finished') summary = item;
      else await findings.take(item);
    }
    stats.progress(run);
  }
  await findings.finish();
  if (!summary) throw new Error(`the scan of ${request.root} ended without a summary`);
  run.tally.counts.scanned = summary.scanned;
  run.tally.counts.unchanged += summary.unchanged;
  if (summary.kept > 0) run.tally.counts.kept = summary.kept;
  if (summary.bytes > 0) run.tally.counts.scannedBytes = summary.bytes;
  if (summary.excluded > 0) run.tally.counts.excluded = summary.excluded;
  if (summary.exclusions.entries > 0) run.tally.counts.excludedEntries = summary.exclusions.entries;
  return { summary, changed };
}

/**
 * Now, and not when all jobs are done: a file that became a folder is sent only once its old object may be deleted.
 */
async function noteFirstReconcile(
  {
    parts: { ledger },
    source,
    missed,
  }: Pick<Mirror, 'missed'> & {
    readonly parts: Pick<Mirror['parts'], 'ledger'>;
    readonly source: Pick<SourceView, 'identity'>;
  },
  { deletesKept }: ScanSummary,
): Promise<void> {
  failpoint('sync: all found, first reconcile not noted');
  await ledger.update((document) => ({
    ...document,
    reconciled: true,
    source: source.identity(),
  }));
  if (deletesKept > 0) missed.miss();
}

/** Records of a mirror that is scanned before a thread has started. */
const FEW = 500;

/**
 * A daemon has other work meanwhile, and an index without records says nothing about the source. A server that does not answer would
 * hold up this thread, which then could not even end at a signal.
 */
function isLikelySmall(
  { index, persistence }: Pick<Mirror['parts'], 'index' | 'persistence'>,
  { root }: Pick<ScanRequest, 'root'>,
): boolean {
  const count = index.count();
  if (persistence.keepsTrying || count === 0 || count > FEW) return false;
  return !mayWaitForNetwork(root, readMounts());
}

/** A small mirror is scanned before a second thread has started. */
function whereToCut({ ledger, index }: Pick<Mirror['parts'], 'ledger' | 'index'>): {
  readonly cutAt?: ObjectName;
} {
  const { halfway } = ledger.read();
  return halfway === undefined || index.count() < WORTH_SHARING ? {} : { cutAt: halfway };
}
