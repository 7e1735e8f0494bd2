import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.js';
import { addressList, isIn, isLoopback } from '../ip-address.js';
import type { Logger } from '../log.js';
import { API, type ApiRoute } from '../status/api.js';
import { createRouter } from '../status/router.js';
import { bind } from './bind.js';
import { boundToShown } from './bound-decisions.js';
import { boundToFile } from './bound-reloads.js';
import { createConfirmations } from './confirmations.js';
import { limitConnections } from './connections.js';
import { createGuesses } from './guesses.js';
import { createHttpServer, createRenewal, refuseMalformed, type TlsFiles } from './http-server.js';
import { CONNECTIONS } from './limits.js';
import { ownNames } from './own-names.js';
import type { Pages } from './pages.js';
import { refuse } from './refusal.js';
import { writeReply } from './reply.js';
import { serve } from './serve.js';
import { createSessions } from './sessions.js';
import type { MetricsAnswer, Site } from './site.js';
import { createStreamCount } from './streams.js';
import { openTokens, type TokenSource } from './tokens.js';

/** Where the page is served, and to whom. */
export interface ListenerSettings {
  /** `systemd`: the socket that systemd passes to the process. */
  readonly listen: 'systemd' | { readonly host: string; readonly port: number };
  /** Allows addresses that other machines reach. */
  readonly public: boolean;
  readonly tls: TlsFiles | undefined;
  /** Addresses and networks of the proxies that speak TLS for us; with some, nothing else may connect but this machine. */
  readonly behindProxy: readonly string[];
  /** Names besides those of loopback and the address itself. */
  readonly hosts: readonly string[];
}

export interface ListenerOptions {
  readonly settings: ListenerSettings;
  readonly tokens: readonly TokenSource[];
  /** Those of the API; what else the control socket serves is not served here. */
  readonly routes: readonly ApiRoute[];
  readonly pages: Pages;
  readonly metrics?: (() => Promise<MetricsAnswer>) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where systemd says which socket it passes. */
  readonly process: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly pid: number;
  };
}

export interface Listener {
  /** As in `http://127.0.0.1:7460/`; of a Unix socket its path. */
  readonly url: string;
  /** Takes no more requests, ends the streams, and lets other answers finish for a moment. */
  close(): Promise<void>;
}

const LAST_ANSWERS_MS = 2_000;
const SWEEP_MS = 5_000;
const RENEWAL_MS = 60_000;

/**
 * Serves the page and the API over HTTP, for callers that have a token.
 *
 * @throws Error when the address cannot be had or must not be used, or a file of TLS or a token cannot be read
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { settings, clock, log } = options;
  const tokens = openTokens(options.tokens, { clock, log });
  if (settings.listen !== 'systemd') refuseOpenAddress(settings.listen.host, settings);
  const server = createHttpServer(settings.tls);
  const address = await listen(server, options);
  const sessions = createSessions(tokens, clock);
  const proxies = addressList(settings.behindProxy);
  const authority = { tokens, sessions, guesses: createGuesses(clock), proxies, clock, log };
  const closing = new AbortController();
  answerRequests(server, settings, siteOf(options, address, authority), closing.signal);
  const stopSweep = every(clock, SWEEP_MS, sessions.sweep);
  const stopRenewal = every(clock, RENEWAL_MS, createRenewal(server, settings.tls, log));
  return {
    url: urlOf(address, settings.tls !== undefined),
    async close() {
      stopSweep();
      stopRenewal();
      closing.abort(new Error('the daemon ends'));
      sessions.close();
      await shut(server, clock);
    },
  };
}

function siteOf(
  { settings, routes, pages, metrics, clock, log }: ListenerOptions,
  address: AddressInfo | string,
  authority: Site['authority'],
): Site {
  const { hosts, tls, behindProxy } = settings;
  const inTheApi = routes.filter(({ path }) => path.startsWith(`${API}/`));
  const confirmations = createConfirmations(clock);
  const [ip, port] = typeof address === 'string' ? [] : [address.address, address.port];
  return {
    own: ownNames({
      hosts,
      address: ip,
      tls: tls !== undefined,
      behindProxy: behindProxy.length > 0,
    }),
    port,
    router: createRouter(boundToFile(boundToShown(inTheApi, { confirmations, log }))),
    pages,
    metrics,
    authority,
    streams: createStreamCount(),
  };
}

function answerRequests(
  server: Server | TlsServer,
  { behindProxy }: ListenerSettings,
  site: Site,
  closing: AbortSignal,
): void {
  const { proxies } = site.authority;
  const connections = limitConnections(server, CONNECTIONS, (address) => {
    if (behindProxy.length === 0 || address === undefined) return true;
    return isLoopback(address) || (proxies !== undefined && isIn(proxies, address));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    connections.began(socket);
    response.once('close', () => connections.ended(socket));
    void serve(site, request, response, closing);
  });
  server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    const options = { headOnly: false, wantsPage: false, close: true, signal: closing };
    void writeReply(response, refuse(417, 'this expectation is not met'), options);
  });
  server.on('error', (error) => site.authority.log.error('status page failed', { error }));
  refuseMalformed(server, connections);
}

async function listen(
  server: Server | TlsServer,
  { settings, process, log }: Pick<ListenerOptions, 'settings' | 'process' | 'log'>,
): Promise<AddressInfo | string> {
  const address = await bind(server, { listen: settings.listen, process, log });
  try {
    if (typeof address !== 'string') refuseOpenAddress(address.address, settings);
    return address;
  } catch (error) {
    server.close();
    throw error;
  }
}

/** The configuration is checked for this, but not what a socket unit of systemd says. */
function refuseOpenAddress(
  address: string,
  { public: isPublic, tls, behindProxy }: ListenerSettings,
) {
  if (isLoopback(address) || (isPublic && (tls !== undefined || behindProxy.length > 0))) return;
  throw new Error(
    `other machines reach ${address}: expected a loopback address, or status.public with tls or behind_proxy`,
  );
}

function urlOf(address: AddressInfo | string, tls: boolean): string {
  if (typeof address === 'string') return address;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${tls ? 'https' : 'http'}://${host}:${address.port}/`;
}

/** Until it is cancelled; keeps no process alive. */
function every(clock: Clock, ms: number, run: () => void): () => void {
  let cancel = clock.after(ms, again);
  function again(): void {
    run();
    cancel = clock.after(ms, again);
  }
  return () => cancel();
}

async function shut(server: Server | TlsServer, clock: Clock): Promise<void> {
  const cancel = clock.after(LAST_ANSWERS_MS, () => server.closeAllConnections());
  await new Promise<void>((resolve) => server.close(() => resolve()));
  cancel();
}
