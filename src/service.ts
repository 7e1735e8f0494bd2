import { openAlerting, wantsAlerts } from './alerting.js';
import type { Config } from './config/config.js';
import { type Closable, createLifecycle, type Lifecycle } from './lifecycle.js';
import { isThisMachine, openMetricsListener } from './metrics/listener.js';
import { createMetrics } from './metrics/metrics.js';
import type { MetricsText } from './metrics/metrics-text.js';
import { metricsRoutes } from './metrics/routes.js';
import { createWorkMeter } from './notify/work-meter.js';
import { openNotifier } from './notify.js';
import { onAbort } from './signal.js';
import type { ApiRoute } from './status/api.js';
import { notificationRoutes } from './status/api-notification-routes.js';
import { openControlServer } from './status/server.js';
import type { DaemonStatus } from './status/snapshot.js';
import { formatStatusLine } from './status/status-line.js';
import type { World } from './world.js';

/** The control socket, the status page and the metrics of a running daemon, and its messages to people and to systemd. */
export interface Service extends Closable {
  /** Every mirror watches. */
  ready(): Promise<void>;
}

export interface ServiceOptions {
  readonly config: Pick<
    Config,
    'stateFolder' | 'drainMs' | 'statusPage' | 'metrics' | 'notify' | 'heartbeat' | 'mirrors'
  >;
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
      const stopping = () => void notifier.stopping(config.drainMs + CLOSING_MS);
      const forget = onAbort(drain, stopping);
      const alerting = wantsAlerts(config)
        ? await opened.add('alerts', openAlerting(config, world, status))
        : undefined;
      const routes = [...given, ...notificationRoutes(alerting?.notifications)];
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
      await openMetrics(config.metrics, readMetrics, opened, { clock, log });
      if (config.statusPage !== undefined) {
        const { openPageListener } = await import('./page-listener.js');
        const page = { settings: config.statusPage, routes, metrics: readMetrics };
        const { stateFolder } = config;
        await opened.add('status page', openPageListener({ stateFolder, ...page }, world));
      }
      return {
        ready: () => notifier.ready(),
        async close() {
          forget();
          close();
          await opened.close();
        },
      };
    },
  };
}

/** An address that is taken is no reason not to mirror. */
async function openMetrics(
  settings: Config['metrics'],
  read: () => Promise<MetricsText>,
  opened: Lifecycle,
  { clock, log }: Pick<World, 'clock' | 'log'>,
): Promise<void> {
  if (settings?.listen === undefined) return;
  const { host, port } = settings.listen;
  if (!isThisMachine(host) && settings.token === undefined)
    log.warn('metrics are open to other machines', { host, port, advice: 'set metrics.token' });
  try {
    const token = settings.token?.reveal();
    await opened.add(
      'metrics listener',
      openMetricsListener({ host, port, token, read, clock, log }),
    );
  } catch (error) {
    log.error('no metrics listener', { host, port, error });
  }
}
