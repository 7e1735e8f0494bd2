import { type Closable, createLifecycle } from './lifecycle.js';
import { createMetrics } from './metrics/metrics.js';
import { metricsRoutes } from './metrics/routes.js';
import { createWorkMeter } from './notify/work-meter.js';
import { openNotifier } from './notify.js';
import { createServiceParts, type ServiceConfig, type ServicePart } from './service-parts.js';
import { onAbort } from './signal.js';
import type { ApiRoute } from './status/api.js';
import { notificationRoutes } from './status/api-notification-routes.js';
import type { NotificationRow } from './status/schema-notifications.js';
import { openControlServer } from './status/server.js';
import type { DaemonStatus } from './status/snapshot.js';
import { formatStatusLine } from './status/status-line.js';
import type { World } from './world.js';

/** The control socket, the status page and the metrics of a running daemon, and its messages to people and to systemd. */
export interface Service extends Closable {
  /** Every mirror watches. */
  ready(): Promise<void>;
  /** The configuration is being loaded again. Returns what is to be called when that is over. */
  reloading(): () => void;
  /** The configuration is another one, which concerns these parts. They are opened again. */
  change(config: ServiceConfig, parts: readonly ServicePart[]): Promise<void>;
  /** The receivers of messages, and how the last delivery to each went. */
  notifications(): readonly NotificationRow[];
}

export interface ServiceOptions {
  readonly config: ServiceConfig;
  readonly status: () => DaemonStatus;
  /** What can be asked at the control socket, and what begins with `/api/v1` on the status page, too. */
  readonly routes: readonly ApiRoute[];
  /** Aborted when the daemon begins to go down. */
  readonly drain: AbortSignal;
}

/** Milliseconds for each close of the service, and for all of them; systemd is asked for the latter on top of the drain. */
const CLOSE_MS = 10_000;
const CLOSING_MS = 30_000;

/** Listens to the telemetry from now on, which feeds the watchdog. */
export function createService(world: World): {
  open(options: ServiceOptions): Promise<Service>;
  /** Listens no more. An opened service does so when it is closed. */
  close(): void;
} {
  const { clock, env, log, logControl, telemetry } = world;
  const meter = createWorkMeter(telemetry);
  const metrics = createMetrics(telemetry, clock, logControl?.counts);
  const close = () => {
    meter.close();
    metrics.close();
  };
  return {
    close,
    async open({ config, status, routes: given, drain }) {
      const readMetrics = () => metrics.text(status());
      const opened = createLifecycle({ clock, deadlineMs: CLOSE_MS });
      let { drainMs } = config;
      let isReady = false;
      const notifier = await opened.add(
        'systemd notification',
        openNotifier({
          env,
          clock,
          log,
          pid: status().pid,
          status: () => formatStatusLine(status()),
          progress: () => meter.progress(status()),
        }),
      );
      const forget = onAbort(drain, () => void notifier.stopping(drainMs + CLOSING_MS));
      const routes = [...given, ...notificationRoutes(() => parts.notifications())];
      const parts = createServiceParts({ world, lifecycle: opened, status, routes, readMetrics });
      await parts.open(config, ['alerts']);
      try {
        await opened.add(
          'control socket',
          openControlServer({
            stateFolder: config.stateFolder,
            routes: [...routes, ...metricsRoutes(readMetrics)],
            clock,
            log,
          }),
        );
      } catch (error) {
        // Some file systems have no sockets. That is no reason not to mirror.
        log.error('no control socket: longshore status cannot reach this daemon', { error });
      }
      await parts.open(config, ['metrics', 'page']);
      return {
        ready() {
          isReady = true;
          return notifier.ready();
        },
        reloading() {
          // Before it is ready, systemd waits for that alone.
          if (!isReady) return () => {};
          void notifier.reloading();
          return () => void notifier.ready();
        },
        async change(next, which) {
          drainMs = next.drainMs;
          await parts.open(next, which);
        },
        notifications: () => parts.notifications()?.list() ?? [],
        async close() {
          forget();
          close();
          await opened.close();
        },
      };
    },
  };
}
