import type { Config } from './config/config.js';
import { openHistory } from './history/history.js';
import { historyRoutes } from './history/history-routes.js';
import type { Closable } from './lifecycle.js';
import type { ApiRoute } from './status/api.js';
import type { ControlApi } from './status/control-api.js';
import type { DaemonStatus } from './status/snapshot.js';
import type { World } from './world.js';

/** How the mirrors were, for the curves of the status page, and the routes that answer with it. */
export interface RecordedHistory extends Closable {
  readonly routes: readonly ApiRoute[];
}

/** A history that cannot be read is logged, and its routes are missing: that is no reason not to mirror. */
export async function openRecordedHistory(
  { stateFolder, targets }: Pick<Config, 'stateFolder' | 'targets'>,
  { telemetry, clock, log }: Pick<World, 'telemetry' | 'clock' | 'log'>,
  api: Pick<ControlApi, 'status'>,
  status: () => Pick<DaemonStatus, 'mirrors'>,
): Promise<RecordedHistory> {
  try {
    const history = await openHistory({
      stateFolder,
      mirrors: api
        .status()
        .mirrors.map(({ mirror, lagTargetSeconds }) => ({ name: mirror, lagTargetSeconds })),
      targets: targets.map(({ name }) => name),
      read: () => status().mirrors,
      telemetry,
      clock,
      log,
    });
    return { routes: historyRoutes(history), close: history.close };
  } catch (error) {
    log.warn('history not kept', { error });
    return { routes: [], close: async () => {} };
  }
}
