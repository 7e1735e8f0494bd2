import type { DaemonOptions } from '../daemon.js';
import { systemWorld } from '../system-world.js';
import { SYNC_EVENTS } from '../telemetry/events.js';
import { EXIT, exitCodeOfSignal } from './exit.js';
import type { Io, Program } from './io.js';
import { logEvents } from './log-events.js';
import { openConfig } from './open-config.js';
import { logWarnings, openLog } from './open-log.js';
import { openStopSignals } from './stop-signals.js';

/**
 * `longshore run`: the daemon, until a signal ends it. It exits 0 when all that it knew of was done by then, and with 128 and
 * the number of the signal when work was dropped, which goes on at the next start.
 */
export async function serve(
  configFile: string | undefined,
  options: DaemonOptions,
  io: Io,
  { openDaemon }: Program,
): Promise<number> {
  const config = await openConfig(io, configFile);
  const log = openLog(config, io);
  const signals = openStopSignals(io, {
    drainMs: config.drainMs,
    notice: (step, why) => log.info(step, { why }),
  });
  try {
    logWarnings(config, log);
    const world = systemWorld({ clock: io.clock, env: io.env, log, logControl: log.control });
    world.telemetry.listen(SYNC_EVENTS, logEvents(log, io.clock));
    const daemon = await openDaemon(config, world, {
      ...options,
      stop: signals.drain,
    });
    try {
      const left = await daemon.run(signals, () =>
        log.info('watching', { mirrors: config.mirrors.length, config: config.file }),
      );
      for (const { mirror, objects } of left)
        log.warn('work dropped, the next start goes on with it', { mirror, objects });
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
