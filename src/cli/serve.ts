import { createLifecycle } from '../lifecycle.js';
import { createService } from '../service.js';
import { EXIT } from './exit.js';
import type { Engine, Io } from './io.js';
import { logEvents } from './log-events.js';
import { openConfig } from './open-config.js';
import { logWarnings, openLog } from './open-log.js';
import { openStopSignals } from './stop-signals.js';

/** How long each part may take to close, once what it did is over. */
const CLOSE_MS = 20_000;

/**
 * `longshore run`: the daemon, until a signal ends it. One that was told to stop and did so exits 0, even when transfers had
 * to be dropped: they go on at the next start, and a service that is stopped has not failed.
 */
export async function serve(configFile: string | undefined, io: Io, { openDaemon }: Engine): Promise<number> {
  const config = await openConfig(io, configFile);
  const opened = createLifecycle({ clock: io.clock, deadlineMs: CLOSE_MS });
  const log = await opened.add('log', openLog(config, io));
  const signals = openStopSignals(io, { drainMs: config.drainMs, notice: (step, why) => log.info(step, { why }) });
  await opened.add('signals', { close: async () => signals.close() });
  const service = createService();
  const logEvent = logEvents(log);
  try {
    logWarnings(config, log);
    const world = { clock: io.clock, env: io.env, log };
    const observe: typeof logEvent = (event) => {
      logEvent(event);
      service.observe(event);
    };
    const daemon = await opened.add('daemon', openDaemon(config, world, observe));
    const front = await opened.add('service', service.open({ config, world, status: () => daemon.status(), drain: signals.drain }));
    await daemon.run(signals, () => {
      log.info('watching', { mirrors: config.mirrors.length, config: config.file });
      void front.ready();
    });
  } catch (error) {
    if (error !== signals.interrupt.reason) throw error;
  } finally {
    await opened.close();
  }
  return EXIT.OK;
}
