import { createLifecycle } from './lifecycle.js';
import { readVersion } from './package-files.js';
import { programReplaced } from './program-files.js';
import { openEngine } from './runtime.js';
import { createService } from './service.js';
import { NEVER_ABORTED, onAbort } from './signal.js';
import { hasFailedEnvironment, inTime, onFailedEnvironment } from './state/failed-environment.js';
import type { GuardControl } from './status/guard-control.js';
import type { DaemonStatus } from './status/snapshot.js';
import { PATIENT } from './sync/backoff.js';
import type { Guard } from './sync/guard/guard.js';
import { type KeptMirror, keepMirrored } from './sync/mirror/keep-mirrored.js';
import type { Mirror } from './sync/mirror/mirror.js';
import type { DueRun } from './sync/scan/due-runs.js';
import type { LeftWork, OpenDaemon } from './world.js';

export { runOnce } from './once.js';
export type * from './world.js';

/** Failed attempts after which a daemon reports an object as given up; it goes on trying, ever more seldom. */
const ATTEMPTS = 5;
const CLOSE_MS = 30_000;

/** Opens everything that a daemon works with. Rejects, with all of it closed again, when the state cannot be had. */
export const openDaemon: OpenDaemon = async (
  config,
  world,
  observe,
  { takeOver = false, stop = NEVER_ABORTED } = {},
) => {
  const lifecycle = createLifecycle({ clock: world.clock, deadlineMs: CLOSE_MS });
  // The daemon's own signals: it also ends by itself.
  const drain = new AbortController();
  const unlinkStop = onAbort(stop, () => drain.abort(stop.reason));
  const interrupt = new AbortController();
  const service = createService();
  const startedAtMs = world.clock.now();
  const version = readVersion();
  let kept: readonly KeptMirror[] = [];

  try {
    const engine = await openEngine({
      config,
      world,
      lifecycle,
      mirrors: [],
      dryRun: false,
      takeOver,
      persistence: { backoff: PATIENT, attempts: ATTEMPTS, forEver: true },
      patienceMs: Number.POSITIVE_INFINITY,
      giveUp: () => {},
      observe: (event) => {
        service.observe(event);
        observe(event);
        // What was held is not all that waited: an object that could not take the place of a held one did, too.
        if (event.event === 'guard' && !event.holding)
          due(event.mirror, 'nothing is held any more');
      },
      drain: drain.signal,
      interrupt: interrupt.signal,
    });
    function due(name: string, why: string): void {
      if (kept.length === 0) return; // none of them has begun: it begins with a scan
      kept[engine.mirrors.findIndex(({ settings }) => settings.name === name)]?.due({
        kind: 'scan',
        under: '',
        why,
      });
    }
    const status = (): DaemonStatus => ({
      version,
      pid: process.pid,
      startedAtMs,
      configFile: config.file,
      mirrors: engine.mirrors.map((mirror, at) => mirror.status(kept[at]?.watchState() ?? null)),
    });
    const guardControlOf = (name: string): GuardControl | undefined => {
      const at = engine.mirrors.findIndex(({ settings }) => settings.name === name);
      const mirror = engine.mirrors[at];
      return mirror && guardControl(mirror.parts.guard, (run) => kept[at]?.due(run));
    };
    const shown = await lifecycle.add(
      'service',
      service.open({ config, world, status, guardControlOf, drain: drain.signal }),
    );

    return {
      status,
      async run(signals, watching) {
        let cancelDeadline: (() => void) | undefined;
        // A mirror that cannot go on ends them all, as somebody who stops the daemon does: the next start sees to what is amiss.
        const failed: unknown[] = [];
        const fail = (error: unknown) => {
          if (failed.length > 0 && hasFailedEnvironment()) return; // that is the reason
          failed.push(error);
          world.log.error('the daemon ends', { error });
          drain.abort(error);
          if (hasFailedEnvironment()) interrupt.abort(error);
          cancelDeadline ??= world.clock.after(config.drainMs, () => interrupt.abort(error));
        };
        const links = [
          onAbort(signals.drain, () => drain.abort(signals.drain.reason)),
          onAbort(signals.interrupt, () => interrupt.abort(signals.interrupt.reason)),
          onFailedEnvironment(fail),
        ];
        try {
          const waitingFor = new Set(engine.mirrors);
          const underWay = (mirror: (typeof engine.mirrors)[number]) => {
            if (!waitingFor.delete(mirror) || waitingFor.size > 0) return;
            watching();
            void shown.ready();
          };
          kept = engine.mirrors.map((mirror) => keepMirrored(mirror, () => underWay(mirror)));
          links.push(
            onAbort(programReplaced, () =>
              fail(new ReplacedWhileRunningError(programReplaced.reason)),
            ),
          );
          await inTime(Promise.all(kept.map(({ ended }) => ended.catch(fail))), world.clock);
          await inTime(engine.stop(), world.clock);
          if (failed.length > 0) throw failed[0];
          return engine.mirrors.flatMap(leftOf);
        } finally {
          cancelDeadline?.();
          for (const unlink of links) unlink();
        }
      },
      close() {
        unlinkStop();
        return inTime(lifecycle.close(), world.clock);
      },
    };
  } catch (error) {
    unlinkStop();
    await lifecycle.close();
    throw error;
  }
};

/** What an upgrade of the package under a running daemon ends it with. */
class ReplacedWhileRunningError extends Error {
  override readonly name = 'ReplacedWhileRunningError';

  constructor(cause: unknown) {
    super(
      'the program was replaced on disk; exiting so that the service manager starts the new one',
      { cause },
    );
  }
}

function leftOf({ settings: { name: mirror }, work }: Mirror): readonly LeftWork[] {
  const { objects, events } = work.left();
  return objects > 0 || events ? [{ mirror, objects }] : [];
}

/** What is decided there is made at once. */
function guardControl(guard: Guard, due: (run: DueRun) => void): GuardControl {
  return {
    describe: guard.describe,
    list: guard.list,
    async approve(id) {
      // Extraneous objects are found only where the container is listed.
      const kind = guard.held.foreign > 0 ? 'reconcile' : 'scan';
      const approved = await guard.approve(id);
      due({ kind, under: '', why: 'held changes were approved' });
      return approved;
    },
    reject: guard.reject,
    async undoRejections() {
      const undone = await guard.undoRejections();
      due({ kind: 'scan', under: '', why: 'rejections were taken back' });
      return undone;
    },
  };
}
