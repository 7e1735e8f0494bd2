import type { DaemonOptions } from '../daemon.js';
import { EXIT } from './exit.js';
import type { Engine, Io } from './io.js';
import { logEvents } from './log-events.js';
import { openConfig } from './open-config.js';
import { logWarnings, openLog } from './open-log.js';
import { openStopSignals } from './stop-signals.js';

/**
 * `longshore run`: the daemon, until a signal ends it. One that was told to stop and did so exits 0, even when transfers had
 * to be dropped: they go on at the next start, and a service that is stopped has not failed.
 */
export async function serve(configFile: string | undefined, options: DaemonOptions, io: Io, { openDaemon }: Engine): Promise<number> {
  const config = await openConfig(io, configFile);
  const log = openLog(config, io);
  const signals = openStopSignals(io, { drainMs: config.drainMs, notice: (step, why) => log.info(step, { why }) });
  try {
    logWarnings(config, log);
    const world = { clock: io.clock, env: io.env, log };
    const daemon = await openDaemon(config, world, logEvents(log, io.clock), { ...options, stop: signals.drain });
    try {
      await daemon.run(signals, () => log.info('watching', { mirrors: config.mirrors.length, config: config.file }));
    } catch (error) {
      if (error !== signals.interrupt.reason) throw error;
    } finally {
      await daemon.close();
    }
    return EXIT.OK;
  } catch (error) {
    if (error !== signals.drain.reason) throw error; // stopped while it was being opened
    return EXIT.OK;
  } finally {
    signals.close();
    await log.close();
  }
}
