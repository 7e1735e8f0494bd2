import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { breakOff, readBody } from './broken-off.js';
import { createDoors, type Doors } from './doors.js';
import type { RequestHead } from './http-request.js';
import {
  flipBit,
  type HttpFault,
  type ScriptedFaults,
  scriptFaults,
  sendForeign,
} from './scripted-faults.js';

/** What a service answers, before a scripted fault changes it. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export interface ServiceRequest<Operation> extends RequestHead {
  readonly operation: Operation;
  readonly key: string | undefined;
  /** Whole. */
  readonly body: Buffer;
}

/** What one provider's API is, apart from HTTP. */
export interface ServiceApi<Request, Fault> {
  /** A request whose body is still empty. */
  parse(message: IncomingMessage): Request;
  /** Does the work and answers. Refusals are answers as well. */
  answer(request: Request, fault: Fault | undefined): Answer;
  /** The same answer after a fault that is the provider's own. */
  spoil(answer: Answer, fault: Fault): Answer;
  /** Headers of every answer. `answered`: how many requests were answered so far, this one included. */
  marks(answered: number): Readonly<Record<string, string>>;
}

/** One request that was answered. */
export type Logged<Request> = Omit<Request, 'body'> & {
  readonly bytes: number;
  readonly status: number;
};

/** A service on loopback that does its work unless a scripted fault prevents it. */
export interface HttpService<Operation, Request, Fault> {
  readonly host: string;
  readonly port: number;
  /** `http://HOST:PORT` */
  readonly origin: string;
  readonly faults: ScriptedFaults<Operation, Fault>;
  readonly doors: Doors<Operation>;
  /** Every request that was answered, in order. */
  readonly log: Logged<Request>[];
  count(operation: Operation): number;
  /** Drops every connection and refuses new ones, until `switchOn`; what is stored stays. */
  switchOff(): Promise<void>;
  switchOn(): Promise<void>;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** `Own`: the faults of this provider, beside those of every HTTP service. */
export async function startService<
  Operation,
  Request extends ServiceRequest<Operation>,
  Own extends { readonly kind: string },
>(
  api: ServiceApi<Request, HttpFault | Own>,
): Promise<HttpService<Operation, Request, HttpFault | Own>> {
  const faults = scriptFaults<Operation, HttpFault | Own>();
  const doors = createDoors<Operation>();
  const log: Logged<Request>[] = [];
  const server = createServer({ keepAliveTimeout: 30_000 }, (message, response) => {
    void serve(message, response).catch(() => response.destroy());
  });

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = message;
    const { body: _, ...head } = api.parse(message);
    const scripted = faults.take(head);
    const fault = scripted as HttpFault | undefined;
    const body = await readBody(message, fault?.kind === 'reset' ? fault.afterBytes : undefined);
    if (body === undefined) return void socket.resetAndDestroy();
    if (fault?.kind === 'flip') flipBit(body, fault.at);
    await doors.pass(head.operation);
    if (fault?.kind === 'stall') return;
    const request = { ...head, body } as Request;
    const answer = fault?.kind === 'foreign' && !fault.done ? fault : api.answer(request, scripted);
    if (fault?.kind === 'lose-answer') return void socket.resetAndDestroy();
    log.push({ ...head, bytes: body.byteLength, status: answer.status });
    if (fault?.kind === 'foreign') return sendForeign(response, fault, head.method === 'HEAD');
    if (fault?.kind === 'late') await setTimeout(fault.afterMs);
    const sent = scripted === undefined ? answer : api.spoil(answer, scripted);
    send(head.method, response, sent, fault);
  }

  function send(
    method: string,
    response: ServerResponse,
    answer: Answer,
    fault: HttpFault | undefined,
  ): void {
    const body = Buffer.from(answer.body ?? '');
    response.writeHead(answer.status, {
      ...answer.headers,
      ...api.marks(log.length),
      ...(fault?.kind !== 'no-length' && { 'content-length': String(body.byteLength) }),
    });
    if (method === 'HEAD') return void response.end();
    if (fault?.kind === 'truncate' || fault?.kind === 'stall-body') breakOff(response, body, fault);
    else response.end(body);
  }

  async function listen(at: number): Promise<void> {
    server.listen(at, HOST);
    await once(server, 'listening');
  }

  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    host: HOST,
    port,
    origin: `http://${HOST}:${port}`,
    faults,
    doors,
    log,
    count: (operation) => log.filter((each) => each.operation === operation).length,
    switchOff: close,
    switchOn: () => listen(port),
    close,
  };
}
