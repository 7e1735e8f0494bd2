import { onAbort } from '../../signal.js';
import type { RelativePath } from '../../watcher/entry.js';
import { together } from '../../watcher/settle.js';
import type { Hint, Unsettled, Watcher } from '../../watcher/watcher.js';
import { momentAt } from '../moment.js';
import { type DueRun, type RunPlan, SCAN } from '../run.js';
import type { DueRuns } from '../scan/due-runs.js';
import { UNHEARD } from '../scan/scans-due.js';
import type { SourceView } from '../source/source-view.js';
import type { FailedStats } from './failed-stats.js';
import type { LinkedIntake } from './hard-links.js';
import type { Mirror } from './mirror.js';

/** What a mirror's watcher hears of, as jobs and as runs that are due. */
export interface WatchedSource {
  /** Takes hints until the watcher or `signal` ends. Rejects with what a job's taking rejects with. */
  take(signal: AbortSignal): Promise<void>;
  /** Enqueues what is at a path whose stat failed before; what changed there meanwhile is of any age. */
  enqueueAgain(path: RelativePath): Promise<void>;
  /** What changed, and has no stat yet: at a path, or anywhere. */
  unsettled(path?: RelativePath): Unsettled | undefined;
}

const WATCHED: RunPlan = { ...SCAN, fromEvents: true };
const GONE = 'a folder is gone';

export type WatchedMirror = Pick<Mirror, 'stats' | 'waitingJobs' | 'reportState' | 'batches'> & {
  readonly parts: Pick<Mirror['parts'], 'clock' | 'batches'>;
  readonly source: Pick<SourceView, 'stat'>;
  readonly intake: Pick<LinkedIntake, 'hints'>;
  readonly failedStats: Pick<FailedStats, 'unsettled'>;
};

export function watchedSource(
  mirror: WatchedMirror,
  watcher: Watcher,
  due: DueRuns,
): WatchedSource {
  const { stats } = mirror;
  const { clock } = mirror.parts;

  async function take(signal: AbortSignal): Promise<void> {
    const forget = onAbort(signal, () => void watcher.close());
    try {
      const hints = watcher[Symbol.asyncIterator]();
      for (;;) {
        // Asking for the next hint says that all of the one before has been taken.
        const next = hints.next();
        mirror.waitingJobs.recheck();
        mirror.reportState();
        const { done, value: hint } = await next;
        if (done) return;
        stats.report({
          event: 'hint',
          paths: hint.kind === 'paths' ? hint.paths.length : 0,
          rescan: hint.kind === 'rescan' ? hint.why : null,
        });
        mirror.reportState();
        if (hint.kind === 'rescan')
          due.add({ ...WATCHED, under: hint.under, why: hint.why, ...sinceOf(hint.since) });
        else await takePaths(hint);
      }
    } finally {
      forget();
    }
  }

  async function takePaths({ paths, since }: Extract<Hint, { kind: 'paths' }>): Promise<void> {
    const moments = since.map((atMs) => momentAt(atMs, clock));
    const batches = mirror.parts.batches ? mirror.batches : undefined;
    const gone = await mirror.intake.hints(paths, moments, batches);
    const oldestMs = Math.min(...since);
    for (const under of gone)
      due.add({ ...WATCHED, under, why: GONE, gone: true, ...sinceOf(oldestMs) });
  }

  function unsettled(path?: RelativePath): Unsettled | undefined {
    return together(
      [watcher.unsettled(path), mirror.failedStats.unsettled(path)].filter(
        (one) => one !== undefined,
      ),
    );
  }

  async function enqueueAgain(path: RelativePath): Promise<void> {
    const { found } = mirror.source.stat(path);
    if (found === 'folder')
      due.add({
        ...WATCHED,
        under: path,
        why: 'a folder could not be read',
        ...sinceOf(undefined),
      });
    else
      for (const under of await mirror.intake.hints([path], [null]))
        due.add({ ...WATCHED, under, why: GONE, gone: true, ...sinceOf(undefined) });
    mirror.reportState();
  }

  function sinceOf(atMs: number | undefined): Pick<DueRun, 'since' | 'unseenSinceMs'> {
    return atMs === undefined
      ? { unseenSinceMs: UNHEARD.sinceMs }
      : { since: momentAt(atMs, clock), unseenSinceMs: atMs };
  }

  return { take, enqueueAgain, unsettled };
}
