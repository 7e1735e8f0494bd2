import { isAbsolute } from 'node:path';
import type { Daemon, DaemonOptions } from '../daemon.js';
import { systemWorld } from '../system-world.js';
import { SYNC_EVENTS } from '../telemetry/events.js';
import { EXIT, exitCodeOfSignal } from './exit.js';
import type { Io, Program } from './io.js';
import { logEvents } from './log-events.js';
import { openConfig } from './open-config.js';
import { warnOfDebugger } from './open-debugger.js';
import { logWarnings, openLog } from './open-log.js';
import { openStopSignals } from './stop-signals.js';

/**
 * `longshore run`: the daemon, until a signal ends it. It exits 0 when all that it knew of was done by then, and with 128 and
 * the number of the signal when work was dropped, which goes on at the next start. SIGHUP loads the configuration again, unless
 * it comes from a terminal that is gone.
 */
export async function serve(
  configFile: string | undefined,
  options: DaemonOptions,
  io: Io,
  { openDaemon }: Program,
): Promise<number> {
  const config = await openConfig(io, configFile);
  const log = openLog(config, io);
  const reloads = createSignalledReloads();
  const signals = openStopSignals(io, {
    get drainMs() {
      return (reloads.daemon?.config ?? config).drainMs;
    },
    hangup: () => !io.lostTerminal() && reloads.request(),
    notice: (step, why) => log.info(step, { why }),
  });
  try {
    logWarnings(config, log);
    await warnOfDebugger(log);
    const { control: logControl, configure: configureLog } = log;
    const world = systemWorld({ clock: io.clock, env: io.env, log, logControl, configureLog });
    world.telemetry.listen(SYNC_EVENTS, logEvents(log, io.clock));
    const daemon = await openDaemon(config, world, {
      ...options,
      stop: signals.drain,
      ...(isAbsolute(config.file) && { readConfig: () => openConfig(io, config.file) }),
    });
    try {
      const running = daemon.run(signals, () =>
        log.info('watching', { mirrors: daemon.config.mirrors.length, config: config.file }),
      );
      reloads.begin(daemon);
      const left = await running;
      for (const work of left)
        log.warn('work dropped, the next start goes on with it', { ...work });
      return left.length === 0 ? EXIT.OK : exitCodeOfSignal(signals.received() ?? 'SIGTERM');
    } catch (error) {
      if (error !== signals.interrupt.reason) throw error;
      return exitCodeOfSignal(signals.received() ?? 'SIGTERM');
    } finally {
      await daemon.close();
    }
  } catch (error) {
    if (error !== signals.drain.reason) throw error; // stopped while it was being opened
    return EXIT.OK;
  } finally {
    signals.close();
    await log.close();
  }
}

/** Reloads that signals ask for. One that comes before the daemon runs is made as soon as it does. */
function createSignalledReloads() {
  let daemon: Daemon | undefined;
  let isRequested = false;
  const reload = (running: Daemon) => void running.reload({ apply: false }).catch(() => {}); // it is in the log
  return {
    get daemon() {
      return daemon;
    },
    /** Always true: the signal was seen to. */
    request(): boolean {
      if (daemon === undefined) isRequested = true;
      else reload(daemon);
      return true;
    },
    begin(running: Daemon): void {
      daemon = running;
      if (isRequested) reload(running);
    },
  };
}
