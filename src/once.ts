import { childController } from './drivers/signal.js';
import { openEngine } from './engine.js';
import { createLifecycle } from './lifecycle.js';
import { BRISK } from './sync/backoff.js';
import { ensureContainer } from './sync/container-store.js';
import type { SyncObserver } from './sync/events.js';
import type { Mirror } from './sync/mirror.js';
import { startTally } from './sync/report.js';
import { scanMirror } from './sync/scan-mirror.js';
import type { OnceOptions, OnceResult, RunOnce } from './world.js';

/** A one-shot run tries each object this often, and waits for a target this long. */
const ATTEMPTS = 5;
const PATIENCE_MS = 60_000;
const CLOSE_MS = 30_000;

/**
 * One comparison of each mirror, one after the other, with all its work. A mirror that cannot run at all is a result
 * with an error; the others run all the same. Rejects when the state cannot be opened, and with the reason of `drain`.
 */
export const runOnce: RunOnce = async (config, options, world, observe, { drain, interrupt }) => {
  const lifecycle = createLifecycle({ clock: world.clock, deadlineMs: CLOSE_MS });
  const { controller, unlink } = childController(drain);
  try {
    const engine = await openEngine({
      config,
      world,
      lifecycle,
      mirrors: options.mirrors,
      dryRun: options.dryRun,
      persistence: { backoff: BRISK, attempts: ATTEMPTS, forEver: false },
      patienceMs: PATIENCE_MS,
      giveUp: (_target, error) => controller.abort(error),
      observe: options.dryRun ? asPlan(observe) : observe,
      drain: controller.signal,
      interrupt,
    });
    try {
      const results: OnceResult[] = [];
      for (const mirror of engine.mirrors) results.push(await runMirror(mirror, options, controller.signal, drain));
      return results;
    } finally {
      await engine.stop();
    }
  } finally {
    unlink();
    await lifecycle.close();
  }
};

async function runMirror(mirror: Mirror, { run }: OnceOptions, stop: AbortSignal, drain: AbortSignal): Promise<OnceResult> {
  const { settings, parts, source } = mirror;
  try {
    stop.throwIfAborted();
    source.reopen();
    await ensureContainer(parts.backend, settings.container, stop);
    const { finished } = await scanMirror(mirror, { kind: run, under: '', why: 'asked for' }, stop);
    return { mirror: settings.name, ...(await finished) };
  } catch (error) {
    drain.throwIfAborted();
    const failure = error instanceof Error ? error : new Error(String(error));
    return { mirror: settings.name, report: startTally(parts.clock).report(), complete: false, error: failure };
  }
}

/** In a dry run nothing is done: what would have been is the plan. */
function asPlan(observe: SyncObserver): SyncObserver {
  return (event) => {
    if (event.event === 'trash-purged') return;
    if (event.event !== 'done') return observe(event);
    const { mirror, job, name, why, bytes } = event;
    observe({ event: 'planned', mirror, job, name, why, bytes });
  };
}
