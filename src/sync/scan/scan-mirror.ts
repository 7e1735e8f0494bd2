import { childController } from '../../drivers/signal.js';
import { failpoint } from '../../failpoint.js';
import type { LedgerDocument, RunReport } from '../../state/ledger.js';
import type { ObjectName } from '../../state/object-index.js';
import type { SkipReason } from '../events.js';
import type { Mirror } from '../mirror.js';
import { REPORTED } from '../reported.js';
import type { Run } from '../runs.js';
import type { InnerMounts } from '../source/inner-mounts.js';
import { acceptSourceIfMeant, notMounted, walkSettingsOf } from '../source/source-view.js';
import { createOthersPlaces } from '../store/others-places.js';
import { OWN_FOLDER } from '../store/reserved-names.js';
import { purgeTrash } from '../trash/purge.js';
import type { DueRun } from './due-runs.js';
import { middleOf } from './landmarks.js';
import { listRemote } from './listing.js';
import { collectDeletes, type RunDeletes } from './run-deletes.js';
import { startScan } from './scan.js';
import { WORTH_SHARING } from './scan-parts.js';
import type { ScanItem, ScanSummary } from './scan-run.js';

export interface ScanResult {
  readonly report: RunReport;
  /** False when part of the source could not be read: its objects are kept as they are. */
  readonly complete: boolean;
}

/**
 * Compares the source with the index (scan), or with the container as well (reconcile), and makes jobs of what differs.
 * Resolves when all has been found. `finished` resolves when all of that has been done and the ledger says so. Both
 * reject when `stop` is aborted, and with the error when the container is gone or closed to us; this also with
 * SourceMissingError when there is no source, and with the driver's error when the container cannot be listed: nothing is
 * deleted then.
 */
export async function scanMirror(mirror: Mirror, due: DueRun, stop: AbortSignal): Promise<{ readonly finished: Promise<ScanResult> }> {
  const {
    controller: { signal },
    unlink,
  } = childController(stop, mirror.containerTrouble.signal);
  const { settings, board, parts } = mirror;
  const { backend, location, ledger, log, clock } = parts;
  board.tell({ event: 'run-started', run: due.kind, why: due.why });
  board.forgetSkips();
  const endSurvey = due.under === '' ? mirror.beginSurvey() : undefined;
  const run = mirror.runs.begin(parts.index);
  run.since = (path) => mirror.work.changedAt(path, due);
  const begun = new Set(mirror.place.uploads.names());
  const scanned = mirror.work.scanning(due);
  mirror.reportState();
  const others = createOthersPlaces(settings.prefix);
  const othersObject = (name: ObjectName) => whyOthers(others.over(name), mirror);
  const deletes = collectDeletes(mirror, {
    whyKept: othersObject,
    kept: (name, why) => skip(mirror, run, name, 'extraneous', why),
  });
  let summary: ScanSummary | undefined;
  let deletesOver: () => Promise<void>;
  try {
    // Records of this moment must be visible to the scan's own view of the index.
    await parts.index.flush();
    mirror.source.reopen(); // a source that was away and is back counts as such from here on
    const known = await rememberMounts(mirror);
    const doubt = mirror.source.doubt();
    const noDeletes = ledger.read().reconciled ? doubt : notBefore(settings.name, due);
    // Of nothing, nothing can be deleted or replaced: a new mirror may begin with an empty folder.
    const told = parts.index.count() === 0 ? undefined : doubt;
    if (told !== undefined) log.warn('deletes are withheld', { mirror: settings.name, why: told });
    mirror.work.doubted(told);
    if (parts.index.count() === 0) await forgetFirstSight(mirror);
    const request = {
      root: settings.source,
      under: due.under,
      place: { prefix: settings.prefix, trashPrefix: settings.trashPrefix },
      settings: walkSettingsOf(settings, backend.capabilities.limits.maxKeyBytes),
      policy: settings.policy,
      location,
      ...(noDeletes === undefined ? {} : { noDeletes }),
      mounts: { known, whenAway: notMounted(acceptSourceIfMeant(settings.name)) },
      acceptEmpty: ledger.read().acceptedEmpty === true,
    };
    const listing = due.kind === 'reconcile' ? listRemote(backend, settings.container, settings.prefix, signal, others.note) : undefined;
    const { listingOrder } = backend.capabilities;
    const scan = startScan(request, { signal, clock, listingOrder, ...(listing ? { listing } : {}), ...whereToCut(mirror) });
    run.scanned = scan.scanned;
    for await (const items of scan) {
      for (const item of items) {
        signal.throwIfAborted();
        if (item.kind === 'finding' && item.decision.action !== 'report') begun.delete(item.name);
        // Its other names may lie outside of the folder that is scanned.
        if (due.under !== '' && item.kind === 'finding' && item.local) {
          await mirror.intake.linked(item.name, item.local, run.since(mirror.source.pathOf(item.name)));
        }
        summary = (await take(item, mirror, run, deletes, othersObject)) ?? summary;
      }
      board.progress(run);
    }
    if (!summary) throw new Error(`the scan of ${settings.source} ended without a summary`);
    if (due.kind === 'reconcile' && !ledger.read().reconciled) {
      // Now, and not when all jobs are done: a file that became a folder is sent only once its old object may be deleted.
      failpoint('sync: all found, first reconcile not noted');
      await ledger.update((document) => ({ ...document, reconciled: true, source: mirror.source.identity() }));
      if (summary.withheld > 0) mirror.miss();
    }
    deletesOver = await deletes.due(run, due.kind, signal);
  } catch (error) {
    mirror.runs.end(run);
    unlink();
    scanned('failed');
    throw error;
  } finally {
    deletes.close();
  }
  scanned('finished');
  mirror.reportState();
  run.tally.counts.scanned = summary.scanned;
  run.tally.counts.unchanged += summary.unchanged;
  if (summary.kept > 0) run.tally.counts.kept = summary.kept;
  return { finished: finish(mirror, due, run, summary, { deletesOver, endSurvey, needlessUploads: begun }, signal).finally(unlink) };
}

/** A source of which nothing was mirrored may have been seen before its disk was mounted: the mount point is not what it is known by. */
async function forgetFirstSight({ source, parts: { ledger } }: Mirror): Promise<void> {
  if (source.exchanged() !== undefined) await ledger.update((document) => ({ ...document, source: source.asOpened() }));
}

/** Before anything of it is mirrored: once it is, a disk inside the source that is not mounted looks like deletes. */
async function rememberMounts({ source, parts: { ledger } }: Mirror): Promise<InnerMounts> {
  const before = ledger.read().mounts ?? {};
  const mounts = source.mounts();
  if (Object.keys(mounts).length > Object.keys(before).length) await ledger.update((document) => ({ ...document, mounts }));
  return mounts;
}

/** A container that longshore does not know yet may hold anything: what would go is shown before it goes. */
function notBefore(mirror: string, { kind }: DueRun): string {
  return kind === 'reconcile'
    ? `the first reconcile deletes nothing; the next one will (on its timer, or by: longshore reconcile ${mirror})`
    : `nothing is deleted before a reconcile has finished (longshore reconcile ${mirror})`;
}

/** A small mirror is scanned before a second thread has started. */
function whereToCut({ parts }: Mirror): { readonly cutAt?: ObjectName } {
  const { halfway } = parts.ledger.read();
  return halfway === undefined || parts.index.count() < WORTH_SHARING ? {} : { cutAt: halfway };
}

async function take(
  item: ScanItem,
  mirror: Mirror,
  run: Run,
  deletes: RunDeletes,
  othersObject: (name: ObjectName) => string | undefined,
): Promise<ScanSummary | undefined> {
  switch (item.kind) {
    case 'finding': {
      const { name, known, local, decision } = item;
      if (decision.action === 'delete') deletes.add(item);
      else if (decision.action !== 'report') await mirror.intake.due(item, run);
      else {
        const whose = known === undefined && local === undefined ? othersObject(name) : undefined;
        skip(mirror, run, name, decision.what, whose ?? REPORTED[decision.what]);
      }
      return undefined;
    }
    case 'problem':
      skip(mirror, run, item.path, item.reason, item.detail);
      return undefined;
    case 'walked':
      return undefined;
    case 'finished':
      return item;
  }
}

/** Why an object is not nobody's: whoever holds the lease of that folder has put it there. */
function whyOthers(place: ObjectName | undefined, { settings: { target, container, prefix } }: Mirror): string | undefined {
  if (place === undefined) return undefined;
  const lease = `${prefix}${place === '' ? '' : `${place}/`}${OWN_FOLDER}lease`;
  return `another mirror writes to ${prefix}${place}/, where its lease is, and this object is left to it; if that mirror is gone for good: longshore object rm ${target} ${container} ${lease}`;
}

function skip({ board }: Mirror, { tally }: Run, path: string, reason: SkipReason, detail: string): void {
  // Links that the mirror is told to skip are no surprise to anybody, and for a malformed pattern nothing is left out.
  if (reason !== 'link-skipped' && reason !== 'pattern-malformed') tally.counts.skipped += 1;
  board.skipped(path, reason, detail);
}

function isSeen({ source }: Mirror, name: ObjectName): boolean {
  const { found } = source.lookFor(name);
  return found !== 'unknown' && found !== 'excluded';
}

interface RunEnds {
  /** The deletes of the run have been seen to. */
  deletesOver(): Promise<void>;
  /** All that is left to do has been found. */
  readonly endSurvey: (() => void) | undefined;
  /** Objects for which an upload in parts was begun before, and nothing is due now. */
  readonly needlessUploads: ReadonlySet<ObjectName>;
}

async function finish(
  mirror: Mirror,
  due: DueRun,
  run: Run,
  { complete, landmarks }: ScanSummary,
  { deletesOver, endSurvey, needlessUploads }: RunEnds,
  signal: AbortSignal,
): Promise<ScanResult> {
  const { ledger } = mirror.parts;
  try {
    if (due.under === '') {
      // What could not be seen may still be there, and its upload be gone on with.
      const needless = complete ? needlessUploads : [...needlessUploads].filter((name) => isSeen(mirror, name));
      await mirror.place.orphans.tidy(due.kind, needless, mirror.pending.has, signal);
    }
    await run.pending.whenEmpty(signal);
    mirror.containerTrouble.signal.throwIfAborted(); // jobs that were dropped are not done
  } finally {
    mirror.runs.end(run);
    await deletesOver();
  }
  failpoint('sync: run done, ledger not updated');
  if (complete) endSurvey?.();
  const report = run.tally.report();
  const seen = (document: LedgerDocument): LedgerDocument => {
    const { acceptedEmpty: _, ...rest } = document;
    const halfway = report.scanned < WORTH_SHARING ? undefined : middleOf(landmarks);
    return {
      ...(report.scanned > 0 ? rest : document),
      ...(halfway === undefined ? {} : { halfway }),
      source: mirror.source.identity(),
    };
  };
  // A scan of one folder says nothing of when the mirror as a whole was last seen.
  if (due.kind === 'reconcile') await ledger.update((document) => ({ ...seen(document), lastReconcile: report }));
  else if (due.under === '') await ledger.update((document) => ({ ...seen(document), lastScan: report }));
  mirror.board.tell({ event: 'run-finished', run: due.kind, report, complete });
  if (due.kind === 'reconcile') await purgeTrash(mirror, signal);
  return { report, complete };
}
