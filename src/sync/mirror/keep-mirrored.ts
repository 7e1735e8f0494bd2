import { untilFirstEnds } from '../../concurrently.js';
import { StorageError } from '../../drivers/errors.js';
import { LeaseHeldError } from '../../lease/errors.js';
import { orAborted } from '../../signal.js';
import { StateError } from '../../state/errors.js';
import { tryToWrite } from '../../state/free-space.js';
import { openWatcher } from '../../watcher/open-watcher.js';
import { SourceMissingError } from '../../watcher/source.js';
import type { Watcher, WatchState } from '../../watcher/watcher.js';
import { type Backoff, backoffMs } from '../backoff.js';
import { TargetDeniedError } from '../denial.js';
import type { MirrorState } from '../events.js';
import { classify, isMirrorTrouble } from '../failure.js';
import { createDueRuns, type DueRun, type DueRuns } from '../scan/due-runs.js';
import { scanOf, UNHEARD } from '../scan/scans-due.js';
import { fatalErrorOf } from '../state-trouble.js';
import { ensureContainer } from '../store/container-store.js';
import { forgetAcceptedTarget, refuseBlankTarget } from './blank-target.js';
import { conditionOf } from './condition-of.js';
import type { Mirror } from './mirror.js';
import { warnOfVersions } from './old-content.js';
import { noteFence } from './older-target.js';
import { purgeTrash } from './purge.js';
import { scanMirror } from './scan-mirror.js';
import { watchedSource } from './watched-source.js';

/** A mirror that is watched and compared, for as long as the daemon lives. */
export interface KeptMirror {
  /**
   * Resolves once `drain` is aborted and nothing of the watch is left. Trouble is reported, and waited out, but for damage
   * to the mirror's own index, or a failure of LMDB: it rejects with DamageMetError, StateWriteEndError or LmdbEndError then.
   */
  readonly ended: Promise<void>;
  watchState(): WatchState | null;
  /**
   * Makes this run as soon as the one before has ended. While the source is waited for that is no matter: all is
   * scanned when it is back.
   */
  due(run: DueRun): void;
}

/** Between looks whether a source, or a container that cannot be had, is back. */
const TROUBLE_MS = 10_000;
/** Between tries of what costs a whole comparison, or placing all watches anew. */
const REFUSED: Backoff = { firstMs: 2 * TROUBLE_MS, limitMs: 300_000 };
/** After the settling of paths, until what belongs to the same change has been heard of. */
const ELSEWHERE_MS = 200;
/** Until a scan for what was missed, so that a flood of failures does not become a flood of scans. */
const MISSED_MS = 600_000;
/** Between looks for what has been in the trash for long enough. */
const PURGE_MS = 3_600_000;

/** `underWay` is called once: when the mirror watches and its first run has begun, or when it has to wait for its source. */
export function keepMirrored(mirror: Mirror, underWay: () => void): KeptMirror {
  const { settings, parts, work } = mirror;
  const { clock, log, drain } = parts;
  let watcher: Watcher | undefined;
  let waiting: DueRuns | undefined;
  /** The state that the log has last said the mirror waits in. */
  let waitsAs: MirrorState | undefined;
  /** Watches that were placed, and comparisons that were begun, since the last one that found all there is to do. */
  let inVain = 0;
  /** The run that scanMirror has been given last: it says itself when it has seen everything. */
  let begun: DueRun | undefined;
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
        // What waits in the queue is dropped: the reconcile that follows finds it again.
        if (isMirrorTrouble(error)) mirror.containerTrouble.report(error);
        const fatal = fatalErrorOf(settings.name, error);
        if (fatal !== undefined) throw fatal;
        work.stoppedBy(error);
        const { state } = conditionOf(error);
        if (waitsAs !== state) log.warn('mirror waits', { mirror: settings.name, error });
        waitsAs = state;
        mirror.reportState();
        underWay();
        await clock.sleep(waitAfter(error), drain).catch(() => {});
      }
    }
  }

  function waitAfter(error: unknown): number {
    if (error instanceof LeaseHeldError) return Math.min(TROUBLE_MS, error.remainingMs);
    return inVain < 2 || error instanceof SourceMissingError
      ? TROUBLE_MS
      : backoffMs(inVain - 1, REFUSED, parts.random());
  }

  /** Watches from scratch, and first scans everything: whatever happened before is found. */
  async function keepWhileWatched(): Promise<void> {
    mirror.source.reopen();
    const before = mirror.containerTrouble.error;
    // What could not be recorded would be done again and again.
    if (before instanceof StateError) tryToWrite(parts.location.folder);
    if (before instanceof TargetDeniedError) await mirror.proveRights(drain);
    refuseBlankTarget(mirror);
    const made = await ensureContainer(parts.backend, settings.container, drain);
    await warnOfVersions(mirror, drain);
    const acquired = await parts.lease.acquire(drain);
    const { wasOthers, wasThere } = acquired;
    const wentBack = await noteFence(mirror, acquired);
    const lost =
      wasOthers ||
      wentBack ||
      before !== undefined ||
      ((made || !wasThere) && parts.index.count() > 0);
    await forgetAcceptedTarget(parts);
    if (made) reportCreated(lost);
    mirror.containerTrouble.over();
    const due = createDueRuns();
    const finishing = new Set<Promise<unknown>>();
    waiting = due;
    const opened = await openWatcher({
      ...settings,
      root: settings.source,
      engine: settings.watch,
      followLinks: settings.symlinks === 'follow',
      rules: mirror.source.rules,
      clock,
      log,
    });
    watcher = opened;
    let unattend = () => {};
    try {
      await orAborted(opened.ready, drain);
      inVain += 1;
      const { engine, directories } = opened.state();
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
      const { unwatched } = opened;
      const { unsettled, enqueueAgain, attend, take } = watchedSource(
        mirror,
        opened,
        due,
        () => begun,
      );
      work.watchedBy({ runs: () => due.open, unsettled, unwatched });
      mirror.failedLooks.retryBy(enqueueAgain);
      const unheard = { unseenSinceMs: UNHEARD.sinceMs };
      if (lost)
        due.add({
          kind: 'reconcile',
          under: '',
          why: 'the container may hold other objects than is known',
          ...unheard,
        });
      else
        due.add({
          kind: parts.ledger.read().reconciled ? 'scan' : 'reconcile',
          under: '',
          why: 'start',
          ...unheard,
        });
      unattend = attend();
      endUnheard();
      work.stoppedBy(undefined);
      waitsAs = undefined;
      await untilFirstEnds(drain, [
        (signal) => mirror.containerTrouble.met(signal),
        (signal) => parts.lease.whenLost(signal),
        take,
        (signal) => takeRuns(due, finishing, signal),
        (signal) =>
          repeat(settings.rescanMs, signal, () =>
            due.add({ kind: 'scan', under: '', why: 'rescan timer' }),
          ),
        (signal) => repeat(PURGE_MS, signal, () => purgeTrash(mirror, signal)),
        (signal) =>
          repeat(settings.reconcileMs, signal, () =>
            due.add({ kind: 'reconcile', under: '', why: 'reconcile timer' }),
          ),
        (signal) =>
          repeat(MISSED_MS, signal, () => {
            if (mirror.takeMissed())
              due.add({
                kind: 'scan',
                under: '',
                why: 'deletes were withheld, or more objects failed than are kept in mind',
              });
          }),
      ]);
    } finally {
      watcher = undefined;
      work.watchedBy(undefined);
      endUnheard();
      endUnheard = mirror.scansDue.begin(UNHEARD);
      unattend();
      mirror.failedLooks.stop();
      await opened.close();
      await Promise.allSettled(finishing);
    }
  }

  function reportCreated(again: boolean): void {
    const fields = { mirror: settings.name, container: settings.container };
    if (again)
      log.warn(
        'the container was gone; it has been made again, and everything is sent anew',
        fields,
      );
    else log.info('container made', fields);
  }

  /** `finishing` gets what is left of each run when the next one may begin; with the end of `signal`, that ends too. */
  async function takeRuns(
    due: DueRuns,
    finishing: Set<Promise<unknown>>,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      const next = due.next(signal);
      mirror.reportState();
      const run = await next;
      if (run.gone) {
        // Where a folder went is told by another event than that it went, at the same time, and that event settles too.
        await clock.sleep(settings.settleMs + ELSEWHERE_MS, signal);
        if (due.waiting.some(({ gone }) => !gone)) {
          due.add(run);
          continue;
        }
      }
      begun = run;
      const scanning = scanMirror(mirror, run, signal);
      underWay();
      const found = await scanning.catch((error: unknown) => waitOut(error, run, due, signal));
      if (found === undefined) continue;
      inVain = 0;
      work.refused(run.kind, undefined);
      // Its jobs may take hours; what is found meanwhile is not kept waiting for them.
      const finished = found.finished
        .catch((error: unknown) => {
          if (!signal.aborted)
            log.error('run did not finish', { mirror: settings.name, run: run.kind, error });
        })
        .finally(() => finishing.delete(finished));
      finishing.add(finished);
      // Until the first reconcile had seen everything, what went away meanwhile was not deleted.
      if (run.kind === 'reconcile' && mirror.takeMissed())
        due.add({ kind: 'scan', under: '', why: 'deletes were withheld' });
    }
  }

  /** Sees to it that a run which the provider has refused is made again. The watch goes on meanwhile. Throws what ends it. */
  async function waitOut(
    error: unknown,
    run: DueRun,
    due: DueRuns,
    signal: AbortSignal,
  ): Promise<undefined> {
    const { kind } = classify(error, settings.container);
    if (!(error instanceof StorageError) || kind === 'mirror') throw error;
    if (kind === 'target') {
      // What the watch hears waits in bounded memory, and this run comes first afterwards.
      parts.health.report(error);
      due.add(run);
      await parts.health.whenUp(signal);
      return;
    }
    inVain += 1;
    work.refused(run.kind, error.message);
    mirror.reportState();
    const waitMs = backoffMs(inVain, REFUSED, parts.random());
    log.warn('run was refused', {
      mirror: settings.name,
      run: run.kind,
      againInMs: Math.round(waitMs),
      error,
    });
    const endDue = mirror.scansDue.begin(scanOf(run));
    const again = clock
      .sleep(waitMs, signal)
      .then(() => due.add(run))
      .finally(endDue);
    // Before the first reconcile a scan would send again what the container has.
    due.over();
    mirror.reportState();
    if (!parts.ledger.read().reconciled) await again;
    else again.catch(() => {}); // aborted: nothing is to be made any more
  }

  async function repeat(
    everyMs: number,
    signal: AbortSignal,
    act: () => void | Promise<void>,
  ): Promise<void> {
    for (;;) {
      await clock.sleep(everyMs === 0 ? Number.POSITIVE_INFINITY : everyMs, signal);
      if (everyMs > 0) await act();
    }
  }

  return {
    ended: keep(),
    watchState: () => watcher?.state() ?? null,
    due: (run) => waiting?.add(run),
  };
}
