import { failpoint } from '../../failpoint.js';
import { childController } from '../../signal.js';
import type { ObjectName } from '../../state/object-index.js';
import type { SkipReason } from '../events.js';
import { momentNow } from '../moment.js';
import { REPORTED } from '../reported.js';
import { OWN_FOLDER } from '../reserved-names.js';
import { type DueRun, seesWholeMirror } from '../run.js';
import type { Finding } from '../scan/compare.js';
import { listRemote } from '../scan/listing.js';
import { startScan } from '../scan/scan.js';
import type { ScanItem, ScanSummary } from '../scan/scan-items.js';
import { WORTH_SHARING } from '../scan/scan-parts.js';
import { scanOf } from '../scan/scans-due.js';
import type { SourceView } from '../source/source-view.js';
import { createOthersPlaces } from '../store/others-places.js';
import { finishRun, type ScanResult } from './finish-run.js';
import type { Mirror } from './mirror.js';
import { collectDeletes, type RunDeletes } from './run-deletes.js';
import type { Run } from './runs.js';
import { scanRequestOf } from './scan-request.js';
import { lookForMoved } from './second-look.js';

/**
 * Compares the sides of the run, and makes jobs of the differences.
 * Resolves when the comparison is over; `finished` when its jobs are done and the ledger is written. Both reject when
 * `stop` is aborted, and when the container is missing or denied. The comparison also rejects with SourceMissingError,
 * and with the driver's error when the container cannot be listed. After a rejection nothing is deleted.
 */
export async function scanMirror(
  mirror: Mirror,
  due: DueRun,
  stop: AbortSignal,
): Promise<{ readonly finished: Promise<ScanResult> }> {
  const {
    controller: { signal },
    unlink,
  } = childController(stop, mirror.containerTrouble.signal);
  const { settings, stats, parts } = mirror;
  const { backend, ledger, clock } = parts;
  stats.report({ event: 'run-started', run: due.kind, why: due.why });
  stats.forgetSkips();
  const endSurvey = due.under === '' && due.sides.source ? mirror.beginSurvey() : undefined;
  const run = mirror.runs.begin(parts.index);
  run.since = (path) => mirror.work.changedAt(path, due);
  const began = momentNow(clock);
  const walked = mirror.scansDue.begin({ ...scanOf(due), run: run.id });
  const begun = new Set(mirror.root.uploads.names());
  const scanned = mirror.work.scanning(due);
  mirror.reportState();
  const others = createOthersPlaces(settings.prefix);
  const othersObject = (name: ObjectName) => whyOthers(others.over(name), mirror);
  const deletes = collectDeletes(mirror, {
    whyKept: othersObject,
    kept: (name, why) => skip(mirror, run, name, 'extraneous', why),
  });
  let summary: ScanSummary | undefined;
  let deletesOver: (() => Promise<void>) | undefined;
  let asOfMs: number;
  try {
    const request = await scanRequestOf(mirror, due);
    const listing = due.sides.listing
      ? listRemote(backend, settings.container, settings.prefix, signal, others.note)
      : undefined;
    const { listingOrder } = backend.capabilities;
    const scan = startScan(request, {
      signal,
      clock,
      listingOrder,
      ...(listing ? { listing } : {}),
      ...whereToCut(mirror),
    });
    run.scanned = scan.scanned;
    let changed = false;
    for await (const items of scan) {
      for (const item of items) {
        signal.throwIfAborted();
        if (item.kind === 'walked') ({ changed } = item);
        if (item.kind === 'finding' && item.decision.action !== 'report') begun.delete(item.name);
        summary = (await take(item, mirror, due, run, deletes, othersObject)) ?? summary;
      }
      stats.progress(run);
    }
    if (!summary) throw new Error(`the scan of ${settings.source} ended without a summary`);
    if (seesWholeMirror(due) && !ledger.read().reconciled)
      await noteFirstReconcile(mirror, summary);
    if (changed && parts.walksTwice && deletes.size > 0 && due.under === '')
      await lookForMoved(mirror, run, request, { signal, clock, ...whereToCut(mirror) });
    asOfMs = clock.monotonic();
    if (due.sides.source) mirror.scansDue.walked(due.under, began);
    walked();
    mirror.waitingJobs.recheck();
    if (deletes.size === 0 || !mirror.scansDue.isDue(asOfMs))
      deletesOver = await deletes.enqueue(run, seesWholeMirror(due), asOfMs, signal);
  } catch (error) {
    deletes.close();
    // After the turn in which the caller adds another run: until then, this scan counts as due.
    setImmediate(walked);
    mirror.runs.end(run);
    unlink();
    scanned('failed');
    throw error;
  }
  run.tally.counts.scanned = summary.scanned;
  run.tally.counts.unchanged += summary.unchanged;
  if (summary.kept > 0) run.tally.counts.kept = summary.kept;
  const rest = {
    summary,
    asOfMs,
    deletes,
    deletesOver,
    scanned,
    endSurvey,
    needlessUploads: begun,
  };
  return { finished: finishRun(mirror, due, run, rest, signal).finally(unlink) };
}

/**
 * Now, and not when all jobs are done: a file that became a folder is sent only once its old object may be deleted.
 */
async function noteFirstReconcile(
  { parts: { ledger }, source, missed }: Mirror,
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

/** A small mirror is scanned before a second thread has started. */
function whereToCut({ parts }: Mirror): { readonly cutAt?: ObjectName } {
  const { halfway } = parts.ledger.read();
  return halfway === undefined || parts.index.count() < WORTH_SHARING ? {} : { cutAt: halfway };
}

async function take(
  item: ScanItem,
  mirror: Mirror,
  due: DueRun,
  run: Run,
  deletes: RunDeletes,
  othersObject: (name: ObjectName) => string | undefined,
): Promise<ScanSummary | undefined> {
  switch (item.kind) {
    case 'finding': {
      const { name, known, local, decision } = item;
      // Other names of the file may lie outside of the folder that is scanned.
      if (due.under !== '' && local)
        await mirror.intake.linked(name, local, run.since(mirror.source.pathOf(name)));
      if (decision.action === 'delete') {
        if (due.deletes) deletes.add(item);
      } else if (decision.action !== 'report') {
        const seen = due.sides.source ? item : withFile(item, mirror.source);
        if (seen !== undefined) await mirror.intake.enqueue(seen, run);
      } else {
        const whose = known === undefined && local === undefined ? othersObject(name) : undefined;
        skip(mirror, run, name, decision.what, whose ?? REPORTED[decision.what]);
      }
      return undefined;
    }
    case 'problem':
      if (item.inode !== undefined)
        mirror.whereabouts.unnameable(item.path, item.inode, item.detail);
      if (item.transient) mirror.failedLooks.report(item.path);
      skip(mirror, run, item.path, item.reason, item.detail);
      return undefined;
    case 'walked':
      return undefined;
    case 'finished':
      return item;
  }
}

/** What a run without a source found, with the file that is there now. Undefined: without one, a scan of the source sees to the name. */
function withFile(finding: Finding, source: Pick<SourceView, 'statPath'>): Finding | undefined {
  const state = source.statPath(finding.name);
  return state.found === 'entry' ? { ...finding, local: state.entry } : undefined;
}

/** Why an object without a record is left alone: the mirror whose lease is in that folder has put it there. Else undefined. */
function whyOthers(
  place: ObjectName | undefined,
  { settings: { target, container, prefix } }: Mirror,
): string | undefined {
  if (place === undefined) return undefined;
  const lease = `${prefix}${place === '' ? '' : `${place}/`}${OWN_FOLDER}lease`;
  return `another mirror writes to ${prefix}${place}/, where its lease is, and this object is left to it; if that mirror is gone for good: longshore object rm ${target} ${container} ${lease}`;
}

function skip(
  { stats }: Mirror,
  { tally }: Run,
  path: string,
  reason: SkipReason,
  detail: string,
): void {
  // Links are skipped because the settings say so, and a malformed pattern skips nothing.
  if (reason !== 'link-skipped' && reason !== 'pattern-malformed') tally.counts.skipped += 1;
  stats.skipped(path, reason, detail);
}
