import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '../clock.js';
import { isLoopback } from '../ip-address.js';
import type { Logger } from '../log.js';
import type { MetricsText } from './metrics-text.js';

export interface MetricsListenerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** What `Authorization: Bearer` must say; undefined: nothing. */
  readonly token: string | undefined;
  readonly read: () => Promise<MetricsText>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface MetricsListener {
  /** The port that it listens on. */
  readonly port: number;
  close(): Promise<void>;
}

/** Prometheus sends a request of some 300 bytes at once; a slower or larger request is no scrape. */
const LIMITS = { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 };
const LARGEST_HEADERS = 8 * 1024;
const MOST_CONNECTIONS = 32;
const LAST_ANSWERS_MS = 2_000;

/**
 * Answers `GET /metrics` over HTTP, and nothing else. Rejects when the address cannot be listened on. On a loopback address it
 * refuses requests for other host names, so that no web page reads the metrics by a name of its own (DNS rebinding).
 */
export async function openMetricsListener(
  options: MetricsListenerOptions,
): Promise<MetricsListener> {
  const { host, port, clock, log } = options;
  const server = createServer(
    { ...LIMITS, maxHeaderSize: LARGEST_HEADERS, keepAlive: false },
    (request, response) => void respond(request, response, options),
  );
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, host, port);
  server.on('error', (error) => log.error('metrics listener failed', { host, port, error }));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      const cancel = clock.after(LAST_ANSWERS_MS, () => server.closeAllConnections());
      await new Promise<void>((resolve) => server.close(() => resolve()));
      cancel();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text: string;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: MetricsListenerOptions,
): Promise<void> {
  request.resume();
  let reply: Reply;
  try {
    reply = refusal(request, options) ?? (await metricsReply(options));
  } catch (error) {
    options.log.error('metrics failed', { error });
    reply = { status: 500, text: 'the metrics could not be collected; see the log\n' };
  }
  response.writeHead(reply.status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(reply.text)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
    ...reply.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : reply.text);
}

async function metricsReply({ read }: Pick<MetricsListenerOptions, 'read'>): Promise<Reply> {
  const { contentType, text } = await read();
  return { status: 200, headers: { 'content-type': contentType }, text };
}

function refusal(
  { method, url = '', headers }: IncomingMessage,
  { host, token }: Pick<MetricsListenerOptions, 'host' | 'token'>,
): Reply | undefined {
  if (isThisMachine(host) && !isThisMachine(hostOf(headers.host)))
    return { status: 421, text: 'this address answers only requests for a loopback address\n' };
  if (url.split('?', 1)[0] !== '/metrics') return { status: 404, text: 'there is only /metrics\n' };
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, headers: { allow: 'GET, HEAD' }, text: 'only GET and HEAD\n' };
  if (token !== undefined && !isSame(headers.authorization ?? '', `Bearer ${token}`))
    return { status: 401, headers: { 'www-authenticate': 'Bearer' }, text: 'a token is needed\n' };
  return undefined;
}

/** Whether only programs of this machine reach a host, which is an address or a name. */
export function isThisMachine(host: string): boolean {
  return host.toLowerCase() === 'localhost' || isLoopback(host);
}

/** `[::1]:9460` is `::1`. */
function hostOf(header = ''): string {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header);
  return match?.[1] ?? match?.[2] ?? '';
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
