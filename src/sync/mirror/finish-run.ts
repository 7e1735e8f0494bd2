import { failpoint } from '../../failpoint.js';
import { StateError } from '../../state/errors.js';
import type { RunReport } from '../../state/ledger.js';
import type { ObjectName } from '../../state/object-index.js';
import { seesWholeMirror, seesWholeSource } from '../run.js';
import { middleOf } from '../scan/landmarks.js';
import type { ScanSummary } from '../scan/scan-items.js';
import { WORTH_SHARING } from '../scan/scan-parts.js';
import type { SourceView } from '../source/source-view.js';
import type { RemoteRoot } from '../work/remote-root.js';
import type { Whereabouts } from '../work/whereabouts.js';
import type { BegunRun } from './begin-run.js';
import { withExcluded } from './excluded-samples.js';
import { keepIndexSnapshot, type SnapshotKeepingMirror } from './index-snapshot.js';
import type { Mirror } from './mirror.js';
import { reconcileOf, withRun } from './past-runs.js';
import { type PurgedMirror, purgeTrash } from './purge.js';
import type { RunDeletes } from './run-deletes.js';

export interface ScanResult {
  readonly report: RunReport;
  /** False when part of the source could not be read: its objects are kept as they are. */
  readonly complete: boolean;
}

/** What is left to do once all has been found. */
export interface Rest {
  readonly summary: ScanSummary;
  /** When the walk was over. */
  readonly asOfMs: number;
  readonly deletes: RunDeletes;
  /** To be called when the deletes of the run have been seen to. Undefined: they are still to be made jobs of. */
  readonly deletesOver: (() => Promise<void>) | undefined;
}

type DelayingMirror = Pick<Mirror, 'scansDue' | 'reportState' | 'containerTrouble'>;

/**
 * Makes jobs of the deletes, once the scans have been made that may find the files elsewhere: what is to be deleted, and how
 * much that is, is known only then. Other runs go on meanwhile.
 */
async function makeDeletes(
  { scansDue, reportState, containerTrouble }: DelayingMirror,
  { due, run, scanned }: BegunRun,
  { asOfMs, deletes, deletesOver }: Rest,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  try {
    if (deletesOver === undefined) await scansDue.whenPast(asOfMs, signal);
    const over = deletesOver ?? (await deletes.enqueue(run, seesWholeMirror(due), asOfMs, signal));
    scanned(due.deletes ? 'finished' : 'partial');
    reportState();
    return over;
  } catch (error) {
    scanned('failed');
    if (error instanceof StateError) containerTrouble.report(error);
    throw error;
  } finally {
    deletes.close();
  }
}

interface TidiedMirror extends Pick<Mirror, 'pending'> {
  readonly root: Pick<RemoteRoot, 'orphans'>;
  readonly source: Pick<SourceView, 'statPath'>;
}

/** Aborts multipart uploads that no job continues. */
async function tidyUploads(
  { root, source, pending }: TidiedMirror,
  { due, needlessUploads }: BegunRun,
  { complete }: ScanSummary,
  signal: AbortSignal,
): Promise<void> {
  const isSeen = (name: ObjectName) => {
    const { found } = source.statPath(name);
    return found !== 'unknown' && found !== 'excluded';
  };
  // What could not be seen may still be there, and its upload be gone on with.
  const needless = complete ? needlessUploads : [...needlessUploads].filter(isSeen);
  await root.orphans.tidy(due.kind, needless, pending.has, signal);
}

interface NotedMirror {
  readonly parts: Pick<Mirror['parts'], 'ledger' | 'clock'>;
  readonly source: Pick<SourceView, 'identity'>;
}

/** A run of one folder says nothing of when the mirror as a whole was last seen: the ledger does not have it. */
async function noteRun(
  { parts: { ledger, clock }, source }: NotedMirror,
  { due }: BegunRun,
  { landmarks, complete }: ScanSummary,
  report: RunReport,
): Promise<void> {
  if (!seesWholeSource(due)) return;
  const isReconcile = seesWholeMirror(due);
  const last = isReconcile ? 'lastReconcile' : 'lastScan';
  const { excludedEntries: entries = 0, excluded: objects = 0 } = report;
  const sample = { atMs: clock.now(), entries, objects };
  const halfway = report.scanned < WORTH_SHARING ? undefined : middleOf(landmarks);
  await ledger.update((document) => {
    const { acceptedEmpty: _, ...rest } = document;
    return {
      ...(report.scanned > 0 ? rest : document),
      ...(halfway === undefined ? {} : { halfway }),
      source: source.identity(),
      [last]: report,
      ...(complete && { excluded: withExcluded(document.excluded ?? [], sample) }),
      ...(isReconcile && { pastRuns: withRun(document.pastRuns ?? [], reconcileOf(report)) }),
    };
  });
}

export type FinishingMirror = DelayingMirror &
  TidiedMirror &
  NotedMirror &
  PurgedMirror &
  SnapshotKeepingMirror &
  Pick<Mirror, 'runs' | 'seenSource'> & {
    readonly reports: Pick<Mirror['reports'], 'collect'>;
    readonly root: Pick<RemoteRoot, 'aside'>;
    readonly whereabouts: Pick<Whereabouts, 'isUnmirrored'>;
  };

/** Sees to the end of a run whose walk is over: resolves when its jobs are done and the ledger says so. */
export async function finishRun(
  mirror: FinishingMirror,
  begun: BegunRun,
  rest: Rest,
  signal: AbortSignal,
): Promise<ScanResult> {
  const { due, run } = begun;
  const { summary } = rest;
  const isWhole = seesWholeSource(due);
  let deletesOver: () => Promise<void> = async () => {};
  try {
    deletesOver = await makeDeletes(mirror, begun, rest, signal);
    if (isWhole) await tidyUploads(mirror, begun, summary, signal);
    await run.awaited.whenEmpty(signal);
    if (isWhole) await mirror.root.aside?.sweep(mirror.whereabouts.isUnmirrored, signal);
    mirror.containerTrouble.signal.throwIfAborted(); // jobs that were dropped are not done
  } finally {
    mirror.runs.end(run);
    await deletesOver();
  }
  failpoint('sync: run done, ledger not updated');
  const { complete } = summary;
  if (complete && isWhole) {
    begun.endSurvey?.();
    mirror.seenSource.saw(summary);
  }
  const report = run.tally.report();
  await noteRun(mirror, begun, summary, report);
  mirror.stats.report({ event: 'run-finished', run: due.kind, report, complete });
  if (seesWholeMirror(due)) {
    await purgeTrash(mirror, signal);
    await mirror.reports.collect(signal); // the snapshot has their proofs
    await keepIndexSnapshot(mirror, summary.bytes, signal);
  }
  return { report, complete };
}
