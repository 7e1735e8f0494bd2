import type { Clock } from '../../clock.js';
import { StorageError } from '../../drivers/errors.js';
import type { RelativePath } from '../../watcher/entry.js';
import { type Backoff, backoffMs } from '../backoff.js';
import { classify } from '../failure.js';
import type { MirrorSettings } from '../mirror-settings.js';
import { type DueRun, SCAN, seesWholeMirror } from '../run.js';
import type { DueRuns } from '../scan/due-runs.js';
import { type ScansDue, scanOf } from '../scan/scans-due.js';
import type { Mirror } from './mirror.js';

/** Makes the runs that are due while a mirror is watched. */
export interface WatchedRuns {
  /** Makes one run after the other. Rejects with the reason of `signal`, or with the error that ends the watch. */
  take(signal: AbortSignal): Promise<void>;
  /** The run that was begun last: it is due until its own scan is over. */
  begun(): DueRun | undefined;
  /** Resolves when the jobs of all runs are over. */
  finished(): Promise<void>;
}

/** Watches and runs that were begun since the last run that found everything there is to do. */
export interface Fruitless {
  times: number;
}

/** The wait before the next try of what costs a whole comparison, or placing all watches again. */
export const REFUSED: Backoff = { firstMs: 20_000, limitMs: 300_000 };
/** After the settle time of paths, until the other events of the same change have arrived. */
const ELSEWHERE_MS = 200;

export type RunningMirror = Pick<Mirror, 'work' | 'reportState' | 'missed'> & {
  readonly settings: Pick<MirrorSettings, 'name' | 'container' | 'settleMs'>;
  readonly parts: Pick<Mirror['parts'], 'clock' | 'log' | 'health' | 'random' | 'ledger'>;
  readonly scansDue: Pick<ScansDue, 'begin'>;
};

export interface WatchedRunsOptions {
  readonly due: DueRuns;
  readonly fruitless: Fruitless;
  /** Makes a run: see scanMirror. */
  readonly scan: (
    run: DueRun,
    signal: AbortSignal,
  ) => Promise<{ readonly finished: Promise<unknown> }>;
  /** Called whenever a run has begun. */
  readonly underWay: () => void;
}

export function createWatchedRuns(
  mirror: RunningMirror,
  { due, fruitless, scan, underWay }: WatchedRunsOptions,
): WatchedRuns {
  const { settings, parts, work } = mirror;
  const { clock, log } = parts;
  const finishing = new Set<Promise<unknown>>();
  const awaitElsewhere = waitsForElsewhere(due, settings.settleMs + ELSEWHERE_MS, clock);
  let begun: DueRun | undefined;

  /**
   * Adds a run again that the provider has refused. The watch goes on meanwhile. Throws any other error, which ends the
   * watch.
   */
  async function waitOut(error: unknown, run: DueRun, signal: AbortSignal): Promise<undefined> {
    const { kind } = classify(error, settings.container);
    if (!(error instanceof StorageError) || kind === 'mirror') throw error;
    if (kind === 'target') {
      // Hints wait in bounded memory meanwhile, and this run comes first afterwards.
      parts.health.report(error);
      due.add(run);
      await parts.health.whenUp(signal);
      return;
    }
    fruitless.times += 1;
    work.refused(run.kind, error.message);
    mirror.reportState();
    const waitMs = backoffMs(fruitless.times, REFUSED, parts.random());
    log.warn('run was refused', {
      mirror: settings.name,
      run: run.kind,
      againInMs: Math.round(waitMs),
      error,
    });
    const endDue = mirror.scansDue.begin(scanOf(run));
    const retry = clock
      .sleep(waitMs, signal)
      .then(() => due.add(run))
      .finally(endDue);
    // Before the first reconcile, a scan would send again what the container already has.
    due.over();
    mirror.reportState();
    if (!parts.ledger.read().reconciled) await retry;
    else retry.catch(() => {}); // aborted: no more runs are made
  }

  /** Follows the jobs of a run, which may take hours; other runs begin meanwhile. */
  function follow(jobs: Promise<unknown>, run: DueRun, signal: AbortSignal): void {
    const finished = jobs
      .catch((error: unknown) => {
        if (!signal.aborted)
          log.error('run did not finish', { mirror: settings.name, run: run.kind, error });
      })
      .finally(() => finishing.delete(finished));
    finishing.add(finished);
  }

  return {
    begun: () => begun,
    async finished() {
      await Promise.allSettled(finishing);
    },
    async take(signal) {
      for (;;) {
        const next = due.next(signal);
        mirror.reportState();
        const run = await next;
        if (run.gone) {
          await awaitElsewhere(run, signal);
          if (due.waiting.some(({ gone }) => !gone)) {
            due.add(run);
            continue;
          }
        }
        begun = run;
        const scanning = scan(run, signal);
        underWay();
        const found = await scanning.catch((error: unknown) => waitOut(error, run, signal));
        if (found === undefined) continue;
        fruitless.times = 0;
        work.refused(run.kind, undefined);
        follow(found.finished, run, signal);
        // Deletes that were found before the first reconcile was complete were not made.
        if (seesWholeMirror(run) && mirror.missed.take())
          due.add({ ...SCAN, why: 'deletes were withheld' });
      }
    },
  };
}

/**
 * Waits until the event of a gone folder's new path has come and settled: it comes at the same time as that of the old path.
 * Folders that are gone at once wait at once.
 */
function waitsForElsewhere(
  due: Pick<DueRuns, 'waiting'>,
  waitMs: number,
  clock: Pick<Clock, 'sleep'>,
): (run: DueRun, signal: AbortSignal) => Promise<void> {
  const waited = new Set<RelativePath>();
  return async ({ under }, signal) => {
    const together = due.waiting.filter(({ gone }) => gone).map((run) => run.under);
    const hasWaited = waited.delete(under);
    // What a wider run has seen to meanwhile, and is gone once more, waits for itself.
    for (const path of waited) if (!together.includes(path)) waited.delete(path);
    if (hasWaited) return;
    await clock.sleep(waitMs, signal);
    waited.clear();
    for (const path of together) waited.add(path);
  };
}
