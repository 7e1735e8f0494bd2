import { openDaemonApi } from './daemon-api.js';
import { createLifecycle } from './lifecycle.js';
import { readVersion } from './package-files.js';
import { programReplaced } from './program-files.js';
import { openRecordedHistory } from './recorded-history.js';
import { openRuntime } from './runtime.js';
import type { RunMode } from './runtime-options.js';
import { createService } from './service.js';
import { NEVER_ABORTED, onAbort } from './signal.js';
import { hasFailedEnvironment, inTime, onFailedEnvironment } from './state/failed-environment.js';
import type { DaemonStatus } from './status/snapshot.js';
import { createTargetMeter } from './status/target-meter.js';
import { PATIENT } from './sync/backoff.js';
import { type KeptMirror, keepMirrored } from './sync/mirror/keep-mirrored.js';
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
  { takeOver = false, stop = NEVER_ABORTED } = {},
) => {
  const lifecycle = createLifecycle({ clock: world.clock, deadlineMs: CLOSE_MS });
  // The daemon's own signals, as a failure ends it too.
  const drain = new AbortController();
  const unlinkStop = onAbort(stop, () => drain.abort(stop.reason));
  const interrupt = new AbortController();
  const service = createService(world);
  const meter = createTargetMeter(world.telemetry, world.clock);
  const about = { version: readVersion(), pid: process.pid, startedAtMs: world.clock.now() };
  let kept: readonly KeptMirror[] = [];

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
        if (event.event === 'guard' && !event.holding && kept.length > 0)
          keptOf(event.mirror)?.requestRun({ ...SCAN, why: 'nothing is held any more' });
      },
      signals: { drain: drain.signal, interrupt: interrupt.signal },
    });
    function keptOf(name: string): KeptMirror | undefined {
      return kept[runtime.mirrors.findIndex(({ settings }) => settings.name === name)];
    }
    const status = (): DaemonStatus => ({
      ...about,
      configFile: config.file,
      mirrors: runtime.mirrors.map((mirror, at) => mirror.status(kept[at]?.watchState() ?? null)),
      targets: meter.status(),
    });
    const api = openDaemonApi({
      config,
      world,
      runtime,
      keptOf,
      details: status,
      targets: meter.status,
    });
    await lifecycle.add('control API', api, []);
    const recorded = await lifecycle.add(
      'history',
      openRecordedHistory(config, world, api, status),
    );
    const routes = [...api.routes, ...recorded.routes];
    const shown = await lifecycle.add(
      'service',
      service.open({ config, status, routes, drain: drain.signal }),
    );

    return {
      status,
      async run(signals, watching) {
        const failure = createFailure(config.drainMs, world, drain, interrupt);
        const links = [
          onAbort(signals.drain, () => drain.abort(signals.drain.reason)),
          onAbort(signals.interrupt, () => interrupt.abort(signals.interrupt.reason)),
          onFailedEnvironment(failure.report),
        ];
        try {
          kept = keepAll(runtime.mirrors, () => {
            watching();
            void shown.ready();
          });
          links.push(
            onAbort(programReplaced, () => failure.report(new ReplacedWhileRunningError())),
          );
          const ends = kept.map(({ ended }) => ended.catch(failure.report));
          await inTime(Promise.all(ends), world.clock);
          await inTime(runtime.stop(), world.clock);
          failure.throwIfAny();
          return runtime.mirrors.flatMap(leftOf);
        } finally {
          failure.close();
          for (const unlink of links) unlink();
        }
      },
      close() {
        unlinkStop();
        meter.close();
        return inTime(lifecycle.close(), world.clock);
      },
    };
  } catch (error) {
    unlinkStop();
    service.close();
    meter.close();
    await lifecycle.close();
    throw error;
  }
};

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

/** Keeps all mirrors equal to their sources; `watching` is called once each of them is under way. */
function keepAll(mirrors: readonly Mirror[], watching: () => void): readonly KeptMirror[] {
  const waitingFor = new Set(mirrors);
  return mirrors.map((mirror) =>
    keepMirrored(mirror, () => {
      if (waitingFor.delete(mirror) && waitingFor.size === 0) watching();
    }),
  );
}

/**
 * The first failure ends the daemon as a stop does, and aborts the running transfers after `drainMs` milliseconds. The next
 * start deals with its cause.
 */
function createFailure(
  drainMs: number,
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
      cancelDeadline ??= clock.after(drainMs, () => interrupt.abort(error));
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
  return objects > 0 || events ? [{ mirror, objects }] : [];
}
