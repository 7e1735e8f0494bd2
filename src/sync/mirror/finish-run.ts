import { failpoint } from '../../failpoint.js';
import { StateError } from '../../state/errors.js';
import type { LedgerDocument, RunReport } from '../../state/ledger.js';
import type { ObjectName } from '../../state/object-index.js';
import { type DueRun, seesWholeMirror, seesWholeSource } from '../run.js';
import { middleOf } from '../scan/landmarks.js';
import type { ScanSummary } from '../scan/scan-items.js';
import { WORTH_SHARING } from '../scan/scan-parts.js';
import type { Mirror } from './mirror.js';
import type { ScanEnd } from './mirror-work.js';
import { purgeTrash } from './purge.js';
import type { RunDeletes } from './run-deletes.js';
import type { Run } from './runs.js';

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
  readonly scanned: (end: ScanEnd) => void;
  /** All that is left to do has been found. */
  readonly endSurvey: (() => void) | undefined;
  /** Objects for which an upload in parts was begun before, and nothing is due now. */
  readonly needlessUploads: ReadonlySet<ObjectName>;
}

/**
 * Makes jobs of the deletes, once the scans have been made that may find the files elsewhere: what is to be deleted, and how
 * much that is, is known only then. Other runs go on meanwhile.
 */
async function makeDeletes(
  mirror: Mirror,
  due: DueRun,
  run: Run,
  { asOfMs, deletes, deletesOver, scanned }: Rest,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  try {
    if (deletesOver === undefined) await mirror.scansDue.whenPast(asOfMs, signal);
    const over = deletesOver ?? (await deletes.enqueue(run, due.sides.listing, asOfMs, signal));
    scanned(due.deletes ? 'finished' : 'partial');
    mirror.reportState();
    return over;
  } catch (error) {
    scanned('failed');
    if (error instanceof StateError) mirror.containerTrouble.report(error);
    throw error;
  } finally {
    deletes.close();
  }
}

/** Sees to the end of a run whose walk is over: resolves when its jobs are done and the ledger says so. */
export async function finishRun(
  mirror: Mirror,
  due: DueRun,
  run: Run,
  rest: Rest,
  signal: AbortSignal,
): Promise<ScanResult> {
  const { ledger } = mirror.parts;
  const { endSurvey, needlessUploads } = rest;
  const { complete, landmarks } = rest.summary;
  const isWhole = seesWholeSource(due);
  let deletesOver: () => Promise<void> = async () => {};
  try {
    deletesOver = await makeDeletes(mirror, due, run, rest, signal);
    if (isWhole) {
      // What could not be seen may still be there, and its upload be gone on with.
      const needless = complete
        ? needlessUploads
        : [...needlessUploads].filter((name) => isSeen(mirror, name));
      await mirror.root.orphans.tidy(due.kind, needless, mirror.pending.has, signal);
    }
    await run.pending.whenEmpty(signal);
    if (isWhole) await mirror.root.aside?.sweep(mirror.whereabouts.isUnmirrored, signal);
    mirror.containerTrouble.signal.throwIfAborted(); // jobs that were dropped are not done
  } finally {
    mirror.runs.end(run);
    await deletesOver();
  }
  failpoint('sync: run done, ledger not updated');
  if (complete && isWhole) endSurvey?.();
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
  if (seesWholeMirror(due))
    await ledger.update((document) => ({ ...seen(document), lastReconcile: report }));
  else if (isWhole) await ledger.update((document) => ({ ...seen(document), lastScan: report }));
  mirror.stats.report({ event: 'run-finished', run: due.kind, report, complete });
  if (seesWholeMirror(due)) await purgeTrash(mirror, signal);
  return { report, complete };
}

function isSeen({ source }: Mirror, name: ObjectName): boolean {
  const { found } = source.statPath(name);
  return found !== 'unknown' && found !== 'excluded';
}
