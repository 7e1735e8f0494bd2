import { openDaemonParts } from './daemon-parts.js';
import { createLifecycle } from './lifecycle.js';
import { programReplaced } from './program-files.js';
import type { CurrentConfig } from './reloading.js';
import { createRunningMirrors } from './running-mirrors.js';
import { openRuntime } from './runtime.js';
import type { RunMode } from './runtime-options.js';
import { createService } from './service.js';
import { NEVER_ABORTED, onAbort } from './signal.js';
import { hasFailedEnvironment, inTime, onFailedEnvironment } from './state/failed-environment.js';
import { createTargetMeter } from './status/target-meter.js';
import { PATIENT } from './sync/backoff.js';
import type { Mirror } from './sync/mirror/mirror.js';
import { SCAN } from './sync/run.js';
import type { LeftWork, OpenDaemon, World } from './world.js';

export { runOnce } from './once.js';
export type * from './world.js';

/** Failed attempts after which a daemon quarantines an object: it retries it rarely, and reports it. */
const ATTEMPTS = 5;
const CLOSE_MS = 30_000;

/** Opens the state, targets, mirrors and control socket. When one fails, closes the others and rejects with the error. */
export const openDaemon: OpenDaemon = async (
  config,
  world,
  { takeOver = false, stop = NEVER_ABORTED, readConfig } = {},
) => {
  const { clock } = world;
  const current: CurrentConfig = { config };
  const drainMs = () => current.config.drainMs;
  const lifecycle = createLifecycle({ clock, deadlineMs: CLOSE_MS });
  // The daemon's own signals, as a failure ends it too.
  const drain = new AbortController();
  const unlinkStop = onAbort(stop, () => drain.abort(stop.reason));
  const interrupt = new AbortController();
  const signals = { drain: drain.signal, interrupt: interrupt.signal };
  const service = createService(world);
  const meter = createTargetMeter(world.telemetry, clock);
  const unmeter = () => {
    unlinkStop();
    meter.close();
  };
  const failure = createFailure(drainMs, world, drain, interrupt);
  const running = createRunningMirrors({
    drain: drain.signal,
    clock,
    log: world.log,
    drainMs,
    failed: failure.report,
  });

  try {
    const runtime = await openRuntime({
      config,
      world,
      lifecycle,
      mirrors: [],
      mode: modeOf(takeOver),
      observe: (event) => {
        world.telemetry.emit(event);
        // Objects that wait to replace a held one are found by a scan. Mirrors that have not begun begin with one.
        if (event.event === 'guard' && !event.holding)
          running.of(event.mirror)?.requestRun({ ...SCAN, why: 'nothing is held any more' });
      },
      signals,
    });
    const parts = await openDaemonParts({
      current,
      readConfig,
      world,
      lifecycle,
      runtime,
      running,
      service,
      targets: meter.status,
      queue: () => runtime.coordinator?.status(),
      drain: drain.signal,
      fail: failure.report,
    });
    return {
      status: parts.status,
      reload: parts.reload,
      get config() {
        return current.config;
      },
      async run(given, watching) {
        const links = linkAll(given, drain, interrupt, failure.report);
        try {
          running.start(runtime.mirrors, () => {
            watching();
            parts.ready();
          });
          links.push(
            onAbort(programReplaced, () => failure.report(new ReplacedWhileRunningError())),
          );
          await inTime(running.ended(), clock);
          await inTime(parts.reloaded(), clock);
          await inTime(runtime.stop(), clock);
          failure.throwIfAny();
          return runtime.mirrors.flatMap(leftOf);
        } finally {
          failure.close();
          for (const unlink of links) unlink();
        }
      },
      close() {
        unmeter();
        return inTime(lifecycle.close(), clock);
      },
    };
  } catch (error) {
    unmeter();
    service.close();
    await lifecycle.close();
    throw error;
  }
};

/** Ends the daemon when one of these signals comes, or LMDB fails. Returns what takes that back. */
function linkAll(
  given: { readonly drain: AbortSignal; readonly interrupt: AbortSignal },
  drain: AbortController,
  interrupt: AbortController,
  fail: (error: unknown) => void,
): (() => void)[] {
  return [
    onAbort(given.drain, () => drain.abort(given.drain.reason)),
    onAbort(given.interrupt, () => interrupt.abort(given.interrupt.reason)),
    onFailedEnvironment(fail),
  ];
}

/** A daemon waits for what is down, and lets a person pause it. */
function modeOf(takeOver: boolean): RunMode {
  return {
    dryRun: false,
    takeOver,
    pausable: true,
    persistence: { backoff: PATIENT, attempts: ATTEMPTS, keepsTrying: true },
    patienceMs: Number.POSITIVE_INFINITY,
    giveUp: () => {},
  };
}

/**
 * The first failure ends the daemon as a stop does, and aborts the running transfers after `drainMs` milliseconds. The next
 * start deals with its cause.
 */
function createFailure(
  drainMs: () => number,
  { clock, log }: World,
  drain: AbortController,
  interrupt: AbortController,
) {
  const failed: unknown[] = [];
  let cancelDeadline: (() => void) | undefined;
  return {
    report(error: unknown): void {
      if (failed.length > 0 && hasFailedEnvironment()) return; // a consequence of the first failure
      failed.push(error);
      log.error('the daemon ends', { error });
      drain.abort(error);
      if (hasFailedEnvironment()) interrupt.abort(error);
      cancelDeadline ??= clock.after(drainMs(), () => interrupt.abort(error));
    },
    throwIfAny(): void {
      if (failed.length > 0) throw failed[0];
    },
    close(): void {
      cancelDeadline?.();
    },
  };
}

/** Ends a running daemon whose package was upgraded. */
class ReplacedWhileRunningError extends Error {
  override readonly name = 'ReplacedWhileRunningError';

  constructor() {
    super(
      'the program was replaced on disk; exiting so that the service manager starts the new one',
      { cause: programReplaced.reason },
    );
  }
}

function leftOf({ settings: { name: mirror }, work }: Mirror): readonly LeftWork[] {
  const { objects, events } = work.left();
  return objects > 0 || events ? [{ mirror, objects, events }] : [];
}
