import { type Alerting, openAlerting, wantsAlerts } from './alerting.js';
import type { Config } from './config/config.js';
import type { Closable, Lifecycle } from './lifecycle.js';
import { activatedSocket } from './listener/activation.js';
import { warnUnused } from './listener/bind.js';
import { isThisMachine, openMetricsListener } from './metrics/listener.js';
import type { MetricsText } from './metrics/metrics-text.js';
import type { ApiRoute } from './status/api.js';
import type { NotificationControl } from './status/api-notification-routes.js';
import type { DaemonStatus } from './status/snapshot.js';
import type { World } from './world.js';

/** What of a service has settings of its own, and is opened again when they change. */
export type ServicePart = 'metrics' | 'alerts' | 'page';

export interface ServicePartsOptions {
  readonly world: World;
  readonly lifecycle: Lifecycle;
  readonly status: () => DaemonStatus;
  readonly routes: readonly ApiRoute[];
  readonly readMetrics: () => Promise<MetricsText>;
}

export type ServiceConfig = Pick<
  Config,
  'stateFolder' | 'drainMs' | 'statusPage' | 'metrics' | 'notify' | 'heartbeat' | 'mirrors'
>;

export interface ServiceParts {
  /** Opens these parts as the configuration says, and first closes those that are open. What cannot be opened is logged. */
  open(config: ServiceConfig, parts: readonly ServicePart[]): Promise<void>;
  /** Undefined: the configuration has neither receivers of messages nor heartbeats. */
  notifications(): NotificationControl | undefined;
}

export function createServiceParts(options: ServicePartsOptions): ServiceParts {
  const { world, lifecycle, status } = options;
  const opened = new Map<ServicePart, Closable>();
  let alerting: Alerting | undefined;
  let begins = true;

  async function openAlerts(config: ServiceConfig): Promise<Closable | undefined> {
    alerting = undefined;
    if (wantsAlerts(config)) alerting = await openAlerting(config, world, status, begins);
    begins = false;
    return alerting;
  }

  async function openAgain(part: ServicePart, config: ServiceConfig): Promise<void> {
    const before = opened.get(part);
    opened.delete(part);
    if (before !== undefined)
      await lifecycle
        .remove(before)
        .catch((error: unknown) => world.log.warn('service part not closed', { part, error }));
    const opening = await (part === 'alerts' ? openAlerts(config) : OPEN[part](config, options));
    if (opening !== undefined) opened.set(part, await lifecycle.add(NAMES[part], opening));
  }

  return {
    async open(config, parts) {
      for (const part of parts) await openAgain(part, config);
    },
    notifications: () => alerting?.notifications,
  };
}

const NAMES: Readonly<Record<ServicePart, string>> = {
  metrics: 'metrics listener',
  alerts: 'alerts',
  page: 'status page',
};

type OpenPart = (
  config: ServiceConfig,
  options: ServicePartsOptions,
) => Promise<Closable | undefined>;

const OPEN: Readonly<Record<Exclude<ServicePart, 'alerts'>, OpenPart>> = {
  metrics: openMetrics,
  async page({ stateFolder, statusPage: settings }, { world, routes, readMetrics: metrics }) {
    if (settings === undefined) {
      if (activatedSocket(world.env, process.pid) !== undefined) warnUnused(world.log, 'off');
      return undefined;
    }
    const { openPageListener } = await import('./page-listener.js');
    return openPageListener({ stateFolder, settings, routes, metrics }, world);
  },
};

/** An address that is taken is no reason not to mirror. */
async function openMetrics(
  { metrics: settings }: ServiceConfig,
  { readMetrics: read, world: { clock, log } }: ServicePartsOptions,
): Promise<Closable | undefined> {
  if (settings?.listen === undefined) return undefined;
  const { host, port } = settings.listen;
  if (!isThisMachine(host) && settings.token === undefined)
    log.warn('metrics are open to other machines', { host, port, advice: 'set metrics.token' });
  try {
    const token = settings.token?.reveal();
    return await openMetricsListener({ host, port, token, read, clock, log });
  } catch (error) {
    log.error('no metrics listener', { host, port, error });
    return undefined;
  }
}
