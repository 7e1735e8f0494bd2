import type { Clock } from '../../clock.js';
import { untilFirstEnds } from '../../concurrently.js';
import { LeaseHeldError } from '../../lease/errors.js';
import { orAborted } from '../../signal.js';
import { openWatcher } from '../../watcher/open-watcher.js';
import { SourceMissingError } from '../../watcher/source.js';
import type { Watcher, WatchState } from '../../watcher/watcher.js';
import { backoffMs } from '../backoff.js';
import type { MirrorState } from '../events.js';
import { isMirrorTrouble } from '../failure.js';
import { type DueRun, RECONCILE, SCAN } from '../run.js';
import { createDueRuns, type DueRuns } from '../scan/due-runs.js';
import { UNHEARD } from '../scan/scans-due.js';
import { fatalErrorOf } from '../state-trouble.js';
import { attendWatch } from './attend-watch.js';
import { claimContainer } from './claim-container.js';
import { conditionOf } from './condition-of.js';
import type { Mirror } from './mirror.js';
import type { Watch } from './mirror-work.js';
import { type PurgedMirror, purgeTrash } from './purge.js';
import { scanMirror } from './scan-mirror.js';
import { createWatchedRuns, type Fruitless, REFUSED } from './watched-runs.js';
import { watchedSource } from './watched-source.js';

/** A mirror that is watched and compared, for as long as the daemon lives. */
export interface KeptMirror {
  /**
   * Resolves once `drain` is aborted and the watch is closed. Trouble is reported and waited out. Rejects with
   * DamageMetError, StateWriteEndError or LmdbEndError when the mirror's own index is damaged or LMDB fails.
   */
  readonly ended: Promise<void>;
  watchState(): WatchState | null;
  /**
   * Makes this run as soon as the one before has ended. False, and nothing: the mirror waits, and begins with a scan of
   * everything.
   */
  requestRun(run: DueRun): boolean;
}

/** Between tries whether a source, or a container, is back. */
const TROUBLE_MS = 10_000;
/** Until a scan for what was missed, so that a flood of failures does not become a flood of scans. */
const MISSED_MS = 600_000;
/** Between reports of what the mirror is trusted by. */
const HEALTH_MS = 60_000;
/** Between purges of what has been in the trash for long enough. */
const PURGE_MS = 3_600_000;

/** `underWay` is called when the mirror watches and a run has begun, or when it has to wait for its source. */
export function keepMirrored(mirror: Mirror, underWay: () => void): KeptMirror {
  const { settings, parts, work } = mirror;
  const { clock, log, drain } = parts;
  const fruitless: Fruitless = { times: 0 };
  let watcher: Watcher | undefined;
  let due: DueRuns | undefined;
  /** The state that the log last gave as the reason why the mirror waits. */
  let waitsAs: MirrorState | undefined;
  /** While nothing is watched, the scan at the start of the next watch is due. */
  let endUnheard = () => {};

  async function keep(): Promise<void> {
    work.watchedBy(undefined);
    endUnheard = mirror.scansDue.begin(UNHEARD);
    while (!drain.aborted) {
      try {
        await keepWhileWatched();
      } catch (error) {
        if (drain.aborted) return;
        // The queue drops its jobs: the reconcile that follows finds them again.
        if (isMirrorTrouble(error)) mirror.containerTrouble.report(error);
        const fatal = fatalErrorOf(settings.name, error);
        if (fatal !== undefined) throw fatal;
        work.stoppedBy(error);
        const { state } = conditionOf(error);
        if (waitsAs !== state) log.warn('mirror waits', { mirror: settings.name, error });
        waitsAs = state;
        mirror.reportState();
        underWay();
        await clock.sleep(waitAfter(error, fruitless, parts.random), drain).catch(() => {});
      }
    }
  }

  /** Watches from scratch, and first scans everything: changes from before the watch are found. */
  async function keepWhileWatched(): Promise<void> {
    mirror.source.reopen();
    const mayDiffer = await claimContainer(mirror);
    due = createDueRuns();
    const scan = (run: DueRun, signal: AbortSignal) => scanMirror(mirror, run, signal);
    const runs = createWatchedRuns(mirror, { due, fruitless, scan, underWay });
    const opened = await openWatcher(watchOptions(mirror));
    watcher = opened;
    let unattend = () => {};
    try {
      await orAborted(opened.ready, drain);
      fruitless.times += 1;
      logWatch(mirror, opened);
      const source = watchedSource(mirror, opened, due);
      work.watchedBy(watchOf(due, source.unsettled, opened));
      mirror.failedStats.retryBy(source.enqueueAgain);
      due.add(firstRun(mirror, mayDiffer));
      unattend = attendWatch(mirror, opened, due, runs.begun);
      endUnheard();
      work.stoppedBy(undefined);
      waitsAs = undefined;
      await untilFirstEnds(drain, [
        (signal) => mirror.containerTrouble.met(signal),
        (signal) => parts.lease.whenLost(signal),
        source.take,
        runs.take,
        ...readings(mirror),
        ...timers(mirror, due),
        (signal) =>
          repeat(clock, HEALTH_MS, signal, () =>
            mirror.stats.report({
              event: 'mirror-health',
              ...mirror.status(opened.state()).health,
            }),
          ),
      ]);
    } finally {
      watcher = undefined;
      work.watchedBy(undefined);
      endUnheard();
      endUnheard = mirror.scansDue.begin(UNHEARD);
      unattend();
      mirror.failedStats.stop();
      await opened.close();
      await runs.finished();
    }
  }

  return {
    ended: keep(),
    watchState: () => watcher?.state() ?? null,
    requestRun(run) {
      due?.add(run);
      return watcher !== undefined;
    },
  };
}

/** What reads objects back: all the time, and when a person asks for it; and what other machines have read. */
function readings({
  scrub,
  askedVerify,
  reports,
}: Mirror): readonly ((signal: AbortSignal) => Promise<void>)[] {
  const always = [askedVerify.take, reports.take];
  return scrub === undefined ? always : [scrub.take, ...always];
}

type StartedMirror = Pick<Mirror, 'settings'> & {
  readonly parts: Pick<Mirror['parts'], 'ledger' | 'clock' | 'log'>;
};

/** Milliseconds until the next try. */
function waitAfter(error: unknown, { times }: Fruitless, random: () => number): number {
  if (error instanceof LeaseHeldError) return Math.min(TROUBLE_MS, error.remainingMs);
  return times < 2 || error instanceof SourceMissingError
    ? TROUBLE_MS
    : backoffMs(times - 1, REFUSED, random());
}

function watchOptions({
  settings,
  source,
  parts,
}: Pick<Mirror, 'settings' | 'source' | 'parts'>): Parameters<typeof openWatcher>[0] {
  return {
    ...settings,
    root: settings.source,
    engine: settings.watch,
    followLinks: settings.symlinks === 'follow',
    folderTimes: settings.folders === 'keep',
    rules: source.rules,
    clock: parts.clock,
    log: parts.log,
  };
}

function logWatch({ settings, parts: { log } }: StartedMirror, watcher: Watcher): void {
  const { engine, directories } = watcher.state();
  const { name, source, target, container, prefix } = settings;
  log.info('mirroring', {
    mirror: name,
    source,
    target,
    container,
    prefix,
    watch: engine,
    folders: directories,
  });
}

function watchOf(due: DueRuns, unsettled: Watch['unsettled'], { unwatched }: Watcher): Watch {
  return { runs: () => due.open, unsettled, unwatched };
}

/** `mayDiffer`: see claimContainer. */
function firstRun({ parts: { ledger } }: StartedMirror, mayDiffer: boolean): DueRun {
  const unseenSinceMs = UNHEARD.sinceMs;
  if (mayDiffer) {
    const why = 'the container may hold other objects than is known';
    return { ...RECONCILE, listsItself: true, unseenSinceMs, why };
  }
  return { ...(ledger.read().reconciled ? SCAN : RECONCILE), unseenSinceMs, why: 'start' };
}

/** What is due now and then. Each repeats until its signal is aborted, and rejects then. */
function timers(
  mirror: StartedMirror & PurgedMirror & Pick<Mirror, 'missed'>,
  due: DueRuns,
): ((signal: AbortSignal) => Promise<void>)[] {
  const { settings, parts } = mirror;
  const every =
    (ms: number, act: (signal: AbortSignal) => void | Promise<void>) => (signal: AbortSignal) =>
      repeat(parts.clock, ms, signal, act);
  return [
    every(settings.rescanMs, () => due.add({ ...SCAN, why: 'rescan timer' })),
    every(PURGE_MS, (signal) => purgeTrash(mirror, signal)),
    every(settings.reconcileMs, () => due.add({ ...RECONCILE, why: 'reconcile timer' })),
    every(MISSED_MS, () => {
      const why = 'deletes were withheld, or more objects failed than are kept in mind';
      if (mirror.missed.take()) due.add({ ...SCAN, why });
    }),
  ];
}

/** `everyMs` 0: never. */
async function repeat(
  clock: Clock,
  everyMs: number,
  signal: AbortSignal,
  act: (signal: AbortSignal) => void | Promise<void>,
): Promise<void> {
  for (;;) {
    await clock.sleep(everyMs === 0 ? Number.POSITIVE_INFINITY : everyMs, signal);
    if (everyMs > 0) await act(signal);
  }
}
