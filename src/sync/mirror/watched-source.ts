import { onAbort } from '../../signal.js';
import type { RelativePath } from '../../watcher/entry.js';
import { together } from '../../watcher/settle.js';
import type { Hint, Unsettled, Watcher } from '../../watcher/watcher.js';
import { momentAt } from '../moment.js';
import { type DueRun, SCAN } from '../run.js';
import type { DueRuns } from '../scan/due-runs.js';
import { type DueScan, scanOf, UNHEARD } from '../scan/scans-due.js';
import type { Mirror } from './mirror.js';
import { createUnwatchedScans } from './unwatched-scans.js';

/** What a mirror's watcher hears of, as jobs and as runs that are due. */
export interface WatchedSource {
  /** Takes hints until the watcher or `signal` ends. Rejects with what a job's taking rejects with. */
  take(signal: AbortSignal): Promise<void>;
  /** At what could not be looked at before; what changed there meanwhile is of any age. */
  enqueueAgain(path: RelativePath): Promise<void>;
  /** What changed, and was not looked at yet: at a path, or anywhere. */
  unsettled(path?: RelativePath): Unsettled | undefined;
  /** What the watcher has in hand counts as due from here on. Returns what takes this back. */
  attend(): () => void;
}

const GONE = 'a folder is gone';

/** `begun`: the run that a scan has been given last, which says itself when it has seen everything. */
export function watchedSource(
  mirror: Mirror,
  watcher: Watcher,
  due: DueRuns,
  begun: () => DueRun | undefined,
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
          due.add({ ...SCAN, under: hint.under, why: hint.why, ...sinceOf(hint.since) });
        else await takePaths(hint);
      }
    } finally {
      forget();
    }
  }

  async function takePaths({ paths, since }: Extract<Hint, { kind: 'paths' }>): Promise<void> {
    const moments = since.map((atMs) => momentAt(atMs, clock));
    const gone = await mirror.intake.hints(paths, moments);
    const oldestMs = Math.min(...since);
    for (const under of gone)
      due.add({ ...SCAN, under, why: GONE, gone: true, ...sinceOf(oldestMs) });
  }

  function unsettled(path?: RelativePath): Unsettled | undefined {
    return together(
      [watcher.unsettled(path), mirror.failedLooks.unsettled(path)].filter(
        (one) => one !== undefined,
      ),
    );
  }

  /** At what could not be looked at before; what changed there meanwhile is of any age. */
  async function enqueueAgain(path: RelativePath): Promise<void> {
    const { found } = mirror.source.stat(path);
    if (found === 'folder')
      due.add({
        ...SCAN,
        under: path,
        why: 'a folder could not be read',
        ...sinceOf(undefined),
      });
    else
      for (const under of await mirror.intake.hints([path], [null]))
        due.add({ ...SCAN, under, why: GONE, gone: true, ...sinceOf(undefined) });
    mirror.reportState();
  }

  function attend(): () => void {
    const unwatched = createUnwatchedScans({ due, scansDue: mirror.scansDue, clock });
    const ends = [
      mirror.scansDue.attend(() => dueScans(unwatched)),
      mirror.whereabouts.attend(watcher.appearedAs),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /** What may still be found where nothing has been seen yet. */
  function* dueScans(unwatched: ReturnType<typeof createUnwatchedScans>): Generator<DueScan> {
    const rescans = together(
      [watcher.unsettledRescans(), mirror.failedLooks.unsettled()].filter(
        (one) => one !== undefined,
      ),
    );
    if (rescans) yield { sinceMs: rescans.since ?? UNHEARD.sinceMs };
    for (const run of due.open) if (run !== begun()) yield scanOf(run);
    yield* unwatched.of(watcher.unwatched());
  }

  function sinceOf(atMs: number | undefined): Pick<DueRun, 'since' | 'unseenSinceMs'> {
    return atMs === undefined
      ? { unseenSinceMs: UNHEARD.sinceMs }
      : { since: momentAt(atMs, clock), unseenSinceMs: atMs };
  }

  return { take, enqueueAgain, unsettled, attend };
}
