import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.js';
import {
  type ListenerOptions,
  type ListenerSettings,
  openListener,
} from '../../src/listener/listener.js';
import type { Pages } from '../../src/listener/pages.js';
import { createLogger } from '../../src/log.js';
import { type ApiRoute, ok } from '../../src/status/api.js';

/** Tokens as three different secrets would be. */
export const TOKEN = 'decide-token-0123456789-abcdefghijklmn';
export const READ_TOKEN = 'read-token-0123456789-abcdefghijklmnop';
export const METRICS_TOKEN = 'metrics-token-0123456789-abcdefghijkl';

export const bearer = (token: string = TOKEN) => ({ authorization: `Bearer ${token}` });

export interface Asked {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** The address of this machine that the request comes from. */
  readonly from?: string;
}

export interface ServedListener {
  readonly port: number;
  readonly origin: string;
  /** What the log says so far. */
  log(): string;
  /** Sends one request on a connection of its own. */
  ask(path: string, asking?: Asking): Promise<Asked>;
  /** Sends a POST of JSON as the page's script does: with our own Origin. */
  post(path: string, body: unknown, headers?: Asking['headers']): Promise<Asked>;
  /** Sends bytes, and resolves with all that comes back until the other side closes. */
  raw(bytes: string | Buffer): Promise<string>;
  /** Signs in with a token. */
  signIn(token?: string): Promise<{ readonly cookie: string; readonly csrf: string }>;
  close(): Promise<void>;
}

/** A clock that goes on when a test says so; waiting takes no time, and is noted. */
export interface SteppedClock extends Clock {
  advance(ms: number): void;
  readonly slept: number[];
}

export function steppedClock(): SteppedClock {
  let ahead = 0;
  const slept: number[] = [];
  return {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    sleep: async (ms) => void slept.push(ms),
    slept,
    advance(ms) {
      ahead += ms;
    },
  };
}

export const LOOPBACK: ListenerSettings = {
  listen: { host: '127.0.0.1', port: 0 },
  public: false,
  tls: undefined,
  behindProxy: [],
  hosts: [],
};

/** One page and one asset. */
const PAGES: Pages = {
  assets: [{ path: '/page.js', contentType: 'text/javascript', body: '' }],
  async render(address, { ask, role }) {
    if (address !== '/') return undefined;
    return { status: 200, html: `<p>${role} ${JSON.stringify(await ask('/status'))}</p>` };
  },
};

export const ROUTES: readonly ApiRoute[] = [
  { method: 'GET', path: '/api/v1/status', needs: 'read', answer: () => ok({ mirrors: [] }) },
  { method: 'GET', path: '/api/v1/mirrors/:mirror', needs: 'read', answer: () => ok({}) },
  { method: 'POST', path: '/api/v1/scan', needs: 'decide', answer: () => ok({ requested: true }) },
  {
    method: 'GET',
    path: '/api/v1/events',
    needs: 'read',
    answer: ({ signal }) => ({
      status: 200,
      contentType: 'text/event-stream',
      chunks: untilAborted(signal),
    }),
  },
  // Of the control socket alone.
  { method: 'POST', path: '/approve', needs: 'decide', answer: () => ok({ changed: 1 }) },
];

async function* untilAborted(signal: AbortSignal): AsyncGenerator<string> {
  yield ': open\n\n';
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}

export type ServeOptions = Partial<Omit<ListenerOptions, 'settings' | 'log'>> & {
  readonly settings?: Partial<ListenerSettings>;
};

/** Opens a listener that is closed when the test has finished. */
export async function serveListener({
  settings = {},
  ...options
}: ServeOptions = {}): Promise<ServedListener> {
  const lines = new PassThrough();
  let logged = '';
  lines.on('data', (chunk) => {
    logged += chunk;
  });
  const listener = await openListener({
    tokens: [
      { role: 'decide', setting: 'status.token', lookUp: () => TOKEN },
      { role: 'read', setting: 'status.read_token', lookUp: () => READ_TOKEN },
      { role: 'metrics', setting: 'status.metrics_token', lookUp: () => METRICS_TOKEN },
    ],
    routes: ROUTES,
    pages: PAGES,
    metrics: async () => ({ contentType: 'text/plain', text: 'longshore_up 1\n' }),
    clock: steppedClock(),
    process: { env: {}, pid: process.pid },
    ...options,
    settings: { ...LOOPBACK, ...settings },
    log: createLogger({ level: 'debug', format: 'text', stream: lines, clock: systemClock }),
  });
  onTestFinished(() => listener.close());
  const { port: shown, protocol } = new URL(listener.url);
  const port = Number(shown);
  const origin = `${protocol}//127.0.0.1:${port}`;
  const ask = (path: string, asking: Asking = {}) => askPort(port, path, asking);
  const post: ServedListener['post'] = (path, body, headers = {}) =>
    ask(path, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  return {
    port,
    origin,
    log: () => logged,
    ask,
    post,
    raw: (bytes) => sendRaw(port, bytes),
    async signIn(token = TOKEN) {
      const { headers, text } = await post('/api/v1/session', {}, bearer(token));
      const [cookie = ''] = headers['set-cookie']?.[0]?.split(';', 1) ?? [];
      return { cookie, csrf: (JSON.parse(text) as { csrf: string }).csrf };
    },
    close: () => listener.close(),
  };
}

export function askPort(port: number, path: string, asking: Asking = {}): Promise<Asked> {
  const { method = 'GET', headers = {}, body, from } = asking;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        agent: false,
        setHost: !('host' in headers),
        headers: headers as Record<string, string>,
        ...(from !== undefined && { localAddress: from }),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** What comes back, also when the other side cuts the connection. */
export function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
    socket.on('connect', () => socket.write(bytes));
  });
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}
