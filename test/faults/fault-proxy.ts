import { once } from 'node:events';
import {
  createServer,
  request as forwardRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { breakOff, readBody } from '../fakes/broken-off.js';
import { flipBit, type HttpFault, sendForeign } from '../fakes/scripted-faults.js';
import type { Answer, Asked, Dialect, Operation } from './dialect.js';

/** What goes wrong with one request on its way to a server that is itself in order. */
export type Fault =
  | HttpFault
  /** An answer of the proxy's own; the server never hears of the request. */
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** The server's answer is changed. */
  | { readonly kind: 'alter'; readonly alter: (answer: Answer) => Answer }
  /** The server is asked something else: gives the path with its query. */
  | { readonly kind: 'ask'; readonly path: (path: string) => string }
  /** Something happens before the request goes on, unharmed. */
  | { readonly kind: 'meanwhile'; readonly act: () => Promise<void> | void };

export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** The next request of the operation (and about this key, when one is given) meets the fault, `times` in a row. */
  next(operation: Operation | readonly [Operation, string], fault: Fault, times?: number): void;
  /** Every request that is picked meets the fault, before any that `next` has for it. Returns what ends that. */
  always(pick: (asked: Asked) => boolean, fault: Fault): () => void;
  count(operation: Operation, key?: string): number;
  /** A fault that never happened means a test that is green for nothing. */
  assertUsedUp(): void;
  close(): Promise<void>;
}

interface Rule {
  readonly fault: Fault;
  readonly pick: (asked: Asked) => boolean;
  readonly what: string;
  /** How often it is still to happen; Infinity for those that never end. */
  left: number;
  happened: boolean;
}

/** Stands between a client and a server on loopback, and lets through what no fault is scripted for. */
export async function startFaultProxy(upstream: string, dialect: Dialect): Promise<FaultProxy> {
  const { hostname, port } = new URL(upstream);
  const rules: Rule[] = [];
  const log: Asked[] = [];
  const server = createServer({ keepAliveTimeout: 30_000 }, (message, response) => {
    void serve(message, response).catch(() => response.destroy());
  });

  function take(asked: Asked): Fault | undefined {
    const rule = rules.find(({ left, pick }) => left > 0 && pick(asked));
    if (rule === undefined) return undefined;
    rule.left -= 1;
    rule.happened = true;
    return rule.fault;
  }

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const early = dialect.asksInBody?.(message) ? await readBody(message, undefined) : undefined;
    const asked = dialect.read(message, early);
    log.push(asked);
    const fault = take(asked);
    const isReset = fault?.kind === 'reset';
    const body = early ?? (await readBody(message, isReset ? fault.afterBytes : undefined));
    if (body === undefined || (isReset && early !== undefined))
      return void message.socket.resetAndDestroy();
    if (fault?.kind === 'stall') return;
    if (fault?.kind === 'flip') flipBit(body, fault.at);
    if (fault?.kind === 'meanwhile') await fault.act();
    if (fault?.kind === 'answer') return send(message, response, fault.answer);
    if (fault?.kind === 'foreign' && !fault.done)
      return sendForeign(response, fault, message.method === 'HEAD');
    const path = message.url ?? '/';
    const answer = await forward(message, fault?.kind === 'ask' ? fault.path(path) : path, body);
    dialect.learn?.(asked, answer);
    if (fault?.kind === 'foreign') return sendForeign(response, fault, message.method === 'HEAD');
    if (fault?.kind === 'lose-answer') return void message.socket.resetAndDestroy();
    if (fault?.kind === 'truncate' || fault?.kind === 'stall-body') {
      response.writeHead(answer.status, {
        ...answer.headers,
        'content-length': String(answer.body.byteLength),
      });
      return breakOff(response, answer.body, fault);
    }
    send(message, response, fault?.kind === 'alter' ? fault.alter(answer) : answer);
  }

  /** With all headers as they came: a signature covers some of them. On a connection of its own, which no other request can spoil. */
  function forward(message: IncomingMessage, path: string, body: Buffer): Promise<Answer> {
    const { method, headers } = message;
    return new Promise((resolve, reject) => {
      const request = forwardRequest(
        {
          host: hostname,
          port,
          path,
          method,
          headers: { ...headers, connection: 'close' },
          agent: false,
        },
        (answer) => {
          const chunks: Buffer[] = [];
          const whole = () =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: headersOf(answer),
              body: Buffer.concat(chunks),
            });
          // Swift's answer to a HEAD has a stray end of a body, which is no HTTP.
          if (method === 'HEAD') return whole();
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', whole);
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    next(wanted, fault, times = 1) {
      const [operation, key] = typeof wanted === 'string' ? [wanted] : wanted;
      const pick = (asked: Asked) =>
        asked.operation === operation && (key === undefined || asked.key === key);
      rules.push({ fault, pick, what: `${wanted}: ${fault.kind}`, left: times, happened: false });
    },
    always(pick, fault) {
      const rule: Rule = {
        fault,
        pick,
        what: `always: ${fault.kind}`,
        left: Number.POSITIVE_INFINITY,
        happened: false,
      };
      rules.unshift(rule);
      return () => {
        rule.left = 0;
      };
    },
    count: (operation, key) =>
      log.filter(
        (asked) => asked.operation === operation && (key === undefined || asked.key === key),
      ).length,
    assertUsedUp() {
      const unused = rules.filter(
        ({ left, happened }) => !happened || (left > 0 && left !== Number.POSITIVE_INFINITY),
      );
      if (unused.length > 0)
        throw new Error(
          `faults that never happened: ${unused.map(({ what, left }) => `${what} (${left})`).join(', ')}`,
        );
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const { connection: _, 'transfer-encoding': __, ...kept } = headers;
  return Object.fromEntries(
    Object.entries(kept).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function send(
  { method }: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Answer,
): void {
  // The answer to a HEAD has the length of what a GET would have given, and no body.
  response.writeHead(
    status,
    method === 'HEAD' ? headers : { ...headers, 'content-length': String(body.byteLength) },
  );
  if (method === 'HEAD') response.end();
  else response.end(body);
}
