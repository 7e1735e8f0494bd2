import type { StatusPageConfig } from './config/status-page.js';
import type { Closable } from './lifecycle.js';
import { openListener } from './listener/listener.js';
import { readOrMakeToken, tokenFile } from './listener/token-file.js';
import type { TokenSource } from './listener/tokens.js';
import type { MetricsText } from './metrics/metrics-text.js';
import { pageAssets } from './page/assets.js';
import { renderPage } from './page/render.js';
import type { ApiRoute } from './status/api.js';
import type { World } from './world.js';

export interface PageListenerOptions {
  readonly stateFolder: string;
  readonly settings: StatusPageConfig;
  readonly routes: readonly ApiRoute[];
  readonly metrics: () => Promise<MetricsText>;
}

/**
 * Serves the status page where the configuration says. An address that is taken, a certificate that cannot be read
 * or a token that cannot be had is logged: that is no reason not to mirror.
 */
export async function openPageListener(
  { stateFolder, settings, routes, metrics }: PageListenerOptions,
  { clock, env, log }: Pick<World, 'clock' | 'env' | 'log'>,
): Promise<Closable> {
  try {
    const listener = await openListener({
      settings,
      tokens: tokenSources(settings, stateFolder),
      routes,
      pages: { assets: pageAssets(), render: renderPage },
      metrics,
      clock,
      log,
      process: { env, pid: process.pid },
    });
    log.info('status page served', {
      url: listener.url,
      ...(settings.token === undefined && { token: tokenFile(stateFolder) }),
    });
    return listener;
  } catch (error) {
    log.error('status page not served', { error });
    return { close: async () => {} };
  }
}

function tokenSources(
  { token, readToken, metricsToken }: StatusPageConfig,
  stateFolder: string,
): readonly TokenSource[] {
  const make = { lookUp: () => readOrMakeToken(stateFolder) };
  const sources = [
    { role: 'decide', setting: 'status.token', secret: token ?? make },
    { role: 'read', setting: 'status.read_token', secret: readToken },
    { role: 'metrics', setting: 'status.metrics_token', secret: metricsToken },
  ] as const;
  return sources.flatMap(({ role, setting, secret }) =>
    secret === undefined ? [] : [{ role, setting, lookUp: () => secret.lookUp() }],
  );
}
