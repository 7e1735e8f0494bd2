import { openRunAlerting, wantsAlerts } from './alerting.js';
import { untilFirstEnds } from './concurrently.js';
import { LeaseHeldError } from './lease/errors.js';
import type { Acquired } from './lease/lease.js';
import { createLifecycle } from './lifecycle.js';
import { programReplaced } from './program-files.js';
import { openRuntime } from './runtime.js';
import { childController } from './signal.js';
import { hasFailedEnvironment, inTime, onFailedEnvironment } from './state/failed-environment.js';
import { BRISK } from './sync/backoff.js';
import type { SyncObserver } from './sync/events.js';
import { applyPlan, PlanOutdatedError } from './sync/mirror/apply-plan.js';
import { forgetAcceptedTarget, refuseBlankTarget } from './sync/mirror/blank-target.js';
import { conditionOf } from './sync/mirror/condition-of.js';
import type { ScanResult } from './sync/mirror/finish-run.js';
import { recallIndex } from './sync/mirror/index-snapshot.js';
import { inheritUploads } from './sync/mirror/left-uploads.js';
import type { Mirror } from './sync/mirror/mirror.js';
import { warnOfVersions } from './sync/mirror/old-content.js';
import { noteFence } from './sync/mirror/older-target.js';
import { startTally } from './sync/mirror/report.js';
import { scanMirror } from './sync/mirror/scan-mirror.js';
import { RECONCILE, RUNS, type RunPlan } from './sync/run.js';
import { fatalErrorOf } from './sync/state-trouble.js';
import { ensureContainer } from './sync/store/container-store.js';
import type { OnceOptions, OnceResult, RunOnce } from './world.js';

/** A one-shot run tries each object this often, and waits for a target this long. */
const ATTEMPTS = 5;
const PATIENCE_MS = 60_000;
const CLOSE_MS = 30_000;
/** Between checks whether a lease has changed. */
const LEASE_POLL_MS = 30_000;

/**
 * One comparison of each mirror, one after the other, with all its work. A mirror that cannot run at all is a result
 * with an error; the others run all the same, except after a failed write of the state. Rejects when the state cannot be
 * opened, and with the reason of `drain`.
 */
export const runOnce: RunOnce = async (config, options, world, { drain, interrupt }) => {
  const lifecycle = createLifecycle({ clock: world.clock, deadlineMs: CLOSE_MS });
  const { controller, unlink } = childController(drain, programReplaced);
  const unlisten = onFailedEnvironment((error) => controller.abort(error));
  try {
    const runtime = await openRuntime({
      config,
      world,
      lifecycle,
      mirrors: options.mirrors,
      mode: {
        dryRun: options.dryRun,
        makesPlan: options.makesPlan === true,
        ...(options.rebuild && { rebuild: options.rebuild }),
        takeOver: options.takeOver,
        persistence: { backoff: BRISK, attempts: ATTEMPTS, keepsTrying: false },
        patienceMs: PATIENCE_MS,
        giveUp: (_target, error) => controller.abort(error),
      },
      observe: options.dryRun ? asPlan(world.telemetry.emit) : world.telemetry.emit,
      signals: { drain: controller.signal, interrupt },
    });
    const reports = !options.dryRun && wantsAlerts(config);
    const alerting = reports ? await openRunAlerting(config, world) : undefined;
    const results: OnceResult[] = [];
    try {
      for (const mirror of runtime.mirrors) {
        results.push(
          await untilFailedWrite(mirror, runMirror(mirror, options, controller.signal, drain)),
        );
        if (hasFailedEnvironment()) break; // this process can work on no state any more
      }
    } finally {
      await inTime(runtime.stop(), world.clock);
    }
    await alerting?.report(results);
    return results;
  } finally {
    unlink();
    unlisten();
    await inTime(lifecycle.close(), world.clock);
  }
};

async function runMirror(
  mirror: Mirror,
  { run, actionsOf }: OnceOptions,
  stop: AbortSignal,
  drain: AbortSignal,
): Promise<OnceResult> {
  const { settings, parts, source } = mirror;
  try {
    stop.throwIfAborted();
    source.reopen();
    refuseBlankTarget(mirror);
    const made = await ensureContainer(parts.backend, settings.container, stop);
    await warnOfVersions(mirror, stop);
    const acquired = await acquire(mirror, stop);
    const { wasOthers, wasThere } = acquired;
    const isOfOtherTime = await noteFence(mirror, acquired);
    await inheritUploads(mirror, acquired);
    await forgetAcceptedTarget(parts);
    // The index says nothing about a container that another process wrote to, or that was emptied or replaced.
    const mayDiffer =
      wasOthers || isOfOtherTime || (parts.index.count() > 0 && (made || !wasThere));
    if (mayDiffer && actionsOf !== undefined)
      throw new PlanOutdatedError(
        'something else has changed the container since the index was written; make a new plan',
      );
    const recalled = actionsOf === undefined && (await recallIndex(mirror, stop));
    const plan: RunPlan = mayDiffer || recalled ? { ...RECONCILE, listsItself: true } : RUNS[run];
    let result: ScanResult | undefined;
    await untilFirstEnds(stop, [
      (signal) => parts.lease.whenLost(signal),
      async (signal) => {
        if (actionsOf !== undefined) {
          result = await applyPlan(mirror, actionsOf(settings.name), signal);
          return;
        }
        const { finished } = await scanMirror(mirror, { ...plan, why: 'asked for' }, signal);
        result = await finished;
      },
    ]);
    stop.throwIfAborted();
    if (result === undefined) throw new Error(`the run of ${settings.name} ended without a result`);
    await parts.lease.release();
    return { mirror: settings.name, ...result, status: mirror.status(null) };
  } catch (error) {
    drain.throwIfAborted();
    const failure = failureOf(settings.name, error);
    return {
      mirror: settings.name,
      report: startTally(parts.clock).report(),
      complete: false,
      error: failure,
      ...(!hasFailedEnvironment() && {
        status: { ...mirror.status(null), ...conditionOf(failure) },
      }),
    };
  }
}

/** The result of the run, or of a failed write of the state: then no running work is awaited. */
async function untilFailedWrite(
  { settings, parts }: Pick<Mirror, 'settings' | 'parts'>,
  run: Promise<OnceResult>,
): Promise<OnceResult> {
  let unlisten = () => {};
  const failed = new Promise<OnceResult>((resolve) => {
    unlisten = onFailedEnvironment((cause) => {
      const error = failureOf(settings.name, cause);
      parts.log.error('the run ends', { error });
      const report = startTally(parts.clock).report();
      resolve({ mirror: settings.name, report, complete: false, error });
    });
  });
  try {
    return await Promise.race([run, failed]);
  } finally {
    unlisten();
  }
}

function failureOf(mirror: string, error: unknown): Error {
  return fatalErrorOf(mirror, error) ?? (error instanceof Error ? error : new Error(String(error)));
}

/** Waits only for a lease of our own from before this machine was started: other holders may hold theirs without end. */
async function acquire(
  { parts, settings }: Pick<Mirror, 'settings' | 'parts'>,
  signal: AbortSignal,
): Promise<Acquired> {
  for (;;) {
    try {
      return await parts.lease.acquire(signal);
    } catch (error) {
      if (!(error instanceof LeaseHeldError && error.relation === 'restarted')) throw error;
      parts.log.warn('mirror waits', { mirror: settings.name, error });
      await parts.clock.sleep(Math.min(error.remainingMs, LEASE_POLL_MS), signal);
    }
  }
}

/** In a dry run nothing is done: what would have been done is reported as planned. */
function asPlan(observe: SyncObserver): SyncObserver {
  return (event) => {
    if (event.event === 'trash-purged' || event.event === 'report-collected') return;
    if (event.event !== 'done') return observe(event);
    const { seconds: _, ...planned } = event;
    observe({ ...planned, event: 'planned' });
  };
}
