import { randomBytes } from 'node:crypto';
import { arch, hostname, platform, release, totalmem } from 'node:os';
import type { Config } from './config/config.js';
import { createDiskConfig } from './disk-config.js';
import type { Closable } from './lifecycle.js';
import { mirrorControl } from './mirror-control.js';
import type { Runtime } from './runtime.js';
import { shownSettings } from './shown-settings.js';
import type { ApiRoute } from './status/api.js';
import { configRoutes } from './status/api-config-routes.js';
import { diagnosticsRoutes } from './status/api-diagnostics-routes.js';
import { logRoutes } from './status/api-log-routes.js';
import { type ReloadControl, reloadRoutes } from './status/api-reload-routes.js';
import { type ControlApi, type ControlApiOptions, createControlApi } from './status/control-api.js';
import type { DiagnosticSources } from './status/diagnostics.js';
import { heldRoutes } from './status/held-routes.js';
import type { MirrorControl } from './status/mirror-control.js';
import { statusRoutes } from './status/routes.js';
import type { DaemonStatus } from './status/snapshot.js';
import type { TargetStatus } from './status/target-meter.js';
import type { KeptMirror } from './sync/mirror/keep-mirrored.js';
import type { Mirror } from './sync/mirror/mirror.js';
import type { World } from './world.js';

export interface DaemonApiOptions {
  /** The present one. */
  readonly config: () => Config;
  readonly world: World;
  readonly runtime: Runtime;
  /** The mirror of a name once it is watched. */
  readonly keptOf: (mirror: string) => KeptMirror | undefined;
  readonly details: () => DaemonStatus;
  readonly targets: () => readonly TargetStatus[];
  readonly reload: ReloadControl;
  /** See DaemonOptions. */
  readonly readConfig: (() => Promise<Config>) | undefined;
  /** See ControlApiOptions. */
  readonly recorded: ControlApiOptions['recorded'];
  readonly notifications: ControlApiOptions['notifications'];
}

/** All that a running daemon can be asked and ordered. */
export interface DaemonApi extends Closable, Omit<ControlApi, 'routes' | 'close'> {
  readonly routes: readonly ApiRoute[];
  /** This mirror cannot be asked any more. */
  leave(mirror: string): void;
  /** The runtime has other mirrors, or works with another configuration. */
  renew(): void;
}

/** Listens to the telemetry from now on, until it is closed. */
export function openDaemonApi(options: DaemonApiOptions): DaemonApi {
  const { config, world, runtime, keptOf, details, targets, reload } = options;
  const { logControl, telemetry, clock } = world;
  const { pauses } = runtime;
  if (pauses === undefined) throw new TypeError('the mirrors of a daemon can be paused');
  const settings = shownSettings(config, world);
  const controlOf = (mirror: Mirror) =>
    mirrorControl(mirror, settings.patternPlace, () => keptOf(mirror.settings.name));
  const controls = createControls(controlOf);
  controls.renew(runtime.mirrors);
  const mirrors = controls.list;
  const disk = createDiskConfig({ ...options, shown: settings, clock, log: world.log });
  const { version, pid, startedAtMs } = details();
  const api = createControlApi({
    boot: randomBytes(4).toString('hex'),
    about: { version, host: hostname(), pid, startedAtMs },
    mirrors,
    targets,
    queue: () => details().queue,
    pauses,
    telemetry,
    clock,
    recorded: options.recorded,
    notifications: options.notifications,
    configOnDisk: disk.difference,
  });
  return {
    ...api,
    routes: [
      ...statusRoutes(details),
      ...heldRoutes((name) => mirrors.find(({ settings }) => settings.name === name)?.guard),
      ...api.routes,
      ...(logControl === undefined ? [] : logRoutes(mirrors, logControl.levels)),
      ...diagnosticsRoutes(() => diagnosticSources(options, api)),
      ...reloadRoutes(reload),
      ...configRoutes(async () => ({ ...(await settings.read()), ...(await disk.compare()) })),
    ],
    leave: controls.leave,
    renew() {
      controls.renew(runtime.mirrors);
      settings.renew();
      disk.renew();
      api.ring.publish('config', { file: config().file });
      api.ring.publish('reset', { eventId: api.ring.lastId });
    },
    async close() {
      api.close();
      await disk.close();
    },
  };
}

/** The mirrors as the routes see them: one list, which changes in place. A mirror that goes on keeps its entry. */
function createControls(controlOf: (mirror: Mirror) => MirrorControl) {
  const list: MirrorControl[] = [];
  let known = new Map<Mirror, MirrorControl>();
  return {
    list: list as readonly MirrorControl[],
    leave(name: string): void {
      const at = list.findIndex(({ settings }) => settings.name === name);
      if (at >= 0) list.splice(at, 1);
    },
    renew(mirrors: readonly Mirror[]): void {
      known = new Map(mirrors.map((mirror) => [mirror, known.get(mirror) ?? controlOf(mirror)]));
      list.splice(0, list.length, ...known.values());
    },
  };
}

function diagnosticSources(
  { config, world: { logControl }, details }: DaemonApiOptions,
  api: Pick<ControlApi, 'status'>,
): DiagnosticSources {
  const { user, system } = process.cpuUsage();
  return {
    status: api.status(),
    details: details(),
    about: {
      node: process.version,
      platform: `${platform()} ${release()} ${arch()}`,
      memory: String(totalmem()),
    },
    config: config(),
    process: {
      ...process.memoryUsage(),
      uptimeSeconds: process.uptime(),
      cpuSeconds: (user + system) / 1e6,
    },
    logLevels: logControl?.levels.read(),
    logLines: logControl?.lastLines() ?? [],
  };
}
