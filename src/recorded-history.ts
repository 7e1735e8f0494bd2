import type { Config, MirrorConfig } from './config/config.js';
import { openHistory } from './history/history.js';
import { historyRoutes } from './history/history-routes.js';
import type { Closable } from './lifecycle.js';
import type { ApiRoute } from './status/api.js';
import { DEFAULT_LAG_TARGET_SECONDS } from './status/mirror-row.js';
import type { TargetCallsAnswer } from './status/schema-targets.js';
import type { DaemonStatus } from './status/snapshot.js';
import type { World } from './world.js';

/** How the mirrors were, for the curves of the status page, and the routes that answer with it. */
export interface RecordedHistory extends Closable {
  readonly routes: readonly ApiRoute[];
  /** What is kept of the calls to a target; undefined: nothing is. */
  calls(target: string): TargetCallsAnswer | undefined;
}

/** A history that cannot be read is logged, and its routes are missing: that is no reason not to mirror. */
export async function openRecordedHistory(
  config: () => Pick<Config, 'stateFolder' | 'targets' | 'mirrors'>,
  { telemetry, clock, log }: Pick<World, 'telemetry' | 'clock' | 'log'>,
  status: () => Pick<DaemonStatus, 'mirrors'>,
): Promise<RecordedHistory> {
  try {
    const history = await openHistory({
      stateFolder: config().stateFolder,
      mirrors: () => config().mirrors.map(lagTargetOf),
      targets: () => config().targets.map(({ name }) => name),
      read: () => status().mirrors,
      telemetry,
      clock,
      log,
    });
    return { routes: historyRoutes(history), calls: history.calls, close: history.close };
  } catch (error) {
    log.warn('history not kept', { error });
    return { routes: [], calls: () => undefined, close: async () => {} };
  }
}

function lagTargetOf({ name, maxLagMs }: MirrorConfig) {
  const lagTargetSeconds = maxLagMs === 0 ? DEFAULT_LAG_TARGET_SECONDS : maxLagMs / 1_000;
  return { name, lagTargetSeconds };
}
