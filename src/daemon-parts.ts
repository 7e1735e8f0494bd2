import type { Config } from './config/config.js';
import { openDaemonApi } from './daemon-api.js';
import type { Lifecycle } from './lifecycle.js';
import { readVersion } from './package-files.js';
import { openRecordedHistory, type RecordedHistory } from './recorded-history.js';
import { refusedPreview } from './reload/answer.js';
import { type CurrentConfig, createReloading, type Reloading } from './reloading.js';
import type { RunningMirrors } from './running-mirrors.js';
import type { Runtime } from './runtime.js';
import type { createService, Service } from './service.js';
import { RefusedError } from './status/api.js';
import type { ReloadOrder } from './status/api-reload-routes.js';
import type { QueueStatus } from './status/schema-workers.js';
import type { DaemonStatus } from './status/snapshot.js';
import type { TargetStatus } from './status/target-meter.js';
import type { World } from './world.js';

export interface DaemonPartsOptions {
  readonly current: CurrentConfig;
  readonly readConfig: (() => Promise<Config>) | undefined;
  readonly world: World;
  readonly lifecycle: Lifecycle;
  readonly runtime: Runtime;
  readonly running: RunningMirrors;
  readonly service: ReturnType<typeof createService>;
  readonly targets: () => readonly TargetStatus[];
  /** Undefined: the configuration has none. */
  readonly queue?: () => QueueStatus | undefined;
  /** Aborted when the daemon goes down. */
  readonly drain: AbortSignal;
  readonly fail: (error: unknown) => void;
}

/** What a daemon has around its mirrors: the control API, the history, the service, and how its configuration is loaded again. */
export interface DaemonParts {
  status(): DaemonStatus;
  /** Every mirror watches. */
  ready(): void;
  readonly reload: Reloading['reload'];
  /** Resolves when no reload is under way. */
  reloaded(): Promise<void>;
}

export async function openDaemonParts(options: DaemonPartsOptions): Promise<DaemonParts> {
  const { current, world, lifecycle, runtime, running, service, targets, drain, fail } = options;
  const about = { version: readVersion(), pid: process.pid, startedAtMs: world.clock.now() };
  const config = () => current.config;
  const status = (): DaemonStatus => ({
    ...about,
    ...queueOf(options),
    configFile: config().file,
    mirrors: runtime.mirrors.map((mirror) =>
      mirror.status(running.of(mirror.settings.name)?.watchState() ?? null),
    ),
    targets: targets(),
    ...(current.lastReload && { lastReload: current.lastReload }),
  });
  // A page that is served takes this order, and the order may open the page again: so they name each other.
  const reload = async (order: ReloadOrder) => {
    if (running.hasStarted) return reloading.reload(order);
    throw new RefusedError(409, 'nothing was changed: the daemon is starting; ask again');
  };
  const preview = async () =>
    running.hasStarted
      ? reloading.preview()
      : refusedPreview(config().file, ['the daemon is starting; ask again']);
  let recorded: RecordedHistory | undefined;
  let opened: Service | undefined;
  const api = openDaemonApi({
    config,
    world,
    runtime,
    keptOf: running.of,
    details: status,
    targets,
    reload: { reload, preview },
    readConfig: options.readConfig,
    recorded: (target) => recorded?.calls(target),
    notifications: () => opened?.notifications() ?? [],
  });
  await lifecycle.add('control API', api, []);
  recorded = await lifecycle.add('history', openRecordedHistory(config, world, status));
  const routes = [...api.routes, ...recorded.routes];
  const shown = await lifecycle.add(
    'service',
    service.open({ config: config(), status, routes, drain }),
  );
  opened = shown;
  const reloading = createReloading({
    ...options,
    edge: {
      async end(ended) {
        await running.end(ended);
        api.leave(ended.mirror.settings.name);
      },
      begin(mirrors) {
        running.begin(mirrors);
        api.renew();
      },
      change: shown.change,
      announce: shown.reloading,
      fail,
    },
  });
  return {
    status,
    ready: () => void shown.ready(),
    reload,
    reloaded: reloading.idle,
  };
}

function queueOf({ queue }: Pick<DaemonPartsOptions, 'queue'>): Pick<DaemonStatus, 'queue'> {
  const status = queue?.();
  return status === undefined ? {} : { queue: status };
}
