import { together } from '../../watcher/settle.js';
import type { Watcher } from '../../watcher/watcher.js';
import type { DueRun } from '../run.js';
import type { DueRuns } from '../scan/due-runs.js';
import { type DueScan, scanOf, UNHEARD } from '../scan/scans-due.js';
import type { Whereabouts } from '../work/whereabouts.js';
import type { FailedStats } from './failed-stats.js';
import type { Mirror } from './mirror.js';
import { createUnwatchedScans } from './unwatched-scans.js';

export type AttendingMirror = Pick<Mirror, 'scansDue'> & {
  readonly parts: Pick<Mirror['parts'], 'clock'>;
  readonly whereabouts: Pick<Whereabouts, 'attend'>;
  readonly failedStats: Pick<FailedStats, 'unsettled'>;
};

/**
 * What the watcher has in hand counts as a scan that is due from here on: it may still give out where a file is now.
 * `begun`: the run that was begun last, which says itself when it has walked. Returns what takes this back.
 */
export function attendWatch(
  { scansDue, whereabouts, failedStats, parts: { clock } }: AttendingMirror,
  watcher: Watcher,
  due: DueRuns,
  begun: () => DueRun | undefined,
): () => void {
  const unwatched = createUnwatchedScans({ due, scansDue, clock });

  function* dueScans(): Generator<DueScan> {
    const rescans = together(
      [watcher.unsettledRescans(), failedStats.unsettled()].filter((one) => one !== undefined),
    );
    if (rescans) yield { sinceMs: rescans.since ?? UNHEARD.sinceMs };
    for (const run of due.open) if (run !== begun()) yield scanOf(run);
    yield* unwatched.of(watcher.unwatched());
  }

  const ends = [scansDue.attend(dueScans), whereabouts.attend(watcher.appearedAs)];
  return () => {
    for (const end of ends) end();
  };
}
