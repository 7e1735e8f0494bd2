import { createLifecycle } from '../lifecycle.js';
import { openNotifier } from '../notify.js';
import { systemWorld } from '../system-world.js';
import { type OpenedWorker, openWorker } from '../worker-runtime.js';
import { EXIT, exitCodeOfSignal } from './exit.js';
import type { Io } from './io.js';
import { checkMirrorNames, openConfig } from './open-config.js';
import { warnOfDebugger } from './open-debugger.js';
import { logWarnings, openLog } from './open-log.js';
import { openStopSignals } from './stop-signals.js';

/** Milliseconds for each part to close; systemd is asked for them on top of the drain. */
const CLOSE_MS = 10_000;

/**
 * `longshore worker`: helps a daemon until a signal ends it. It exits 0 when all jobs that it had taken were answered by then,
 * and with 128 and the number of the signal when one was dropped, which another worker or the daemon does again.
 */
export async function worker(
  configFile: string | undefined,
  mirrors: readonly string[],
  io: Io,
): Promise<number> {
  const config = await openConfig(io, configFile);
  checkMirrorNames(config, mirrors);
  const log = openLog(config, io);
  const { drainMs } = config;
  const notice = (step: string, why: string) => log.info(step, { why });
  const signals = openStopSignals(io, { drainMs, notice });
  const lifecycle = createLifecycle({ clock: io.clock, deadlineMs: CLOSE_MS });
  try {
    logWarnings(config, log);
    await warnOfDebugger(log);
    const { control: logControl } = log;
    const world = systemWorld({ clock: io.clock, env: io.env, log, logControl });
    const { interrupt, drain } = signals;
    const opened = await openWorker({ config, world, mirrors, lifecycle, interrupt });
    const notifier = openNotifier({
      env: io.env,
      pid: process.pid,
      clock: io.clock,
      log,
      status: opened.statusLine,
      progress: opened.progress,
    });
    await lifecycle.add('systemd notification', notifier, []);
    drain.addEventListener('abort', () => void notifier.stopping(drainMs + CLOSE_MS), {
      once: true,
    });
    await opened.run(signals, () => {
      log.info('working', { daemon: opened.daemon, mirrors: opened.mirrors.join(', ') });
      void notifier.ready();
    });
    log.info('worker ended', opened.totals());
    return endOf(opened, signals.received());
  } catch (error) {
    if (error !== signals.interrupt.reason) throw error;
    return exitCodeOfSignal(signals.received() ?? 'SIGTERM');
  } finally {
    signals.close();
    await lifecycle.close();
    await log.close();
  }
}

function endOf(
  { progress }: OpenedWorker,
  received: Parameters<typeof exitCodeOfSignal>[0] | undefined,
): number {
  return progress().due ? exitCodeOfSignal(received ?? 'SIGTERM') : EXIT.OK;
}
