import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { breakOff, readBody } from '../broken-off.js';
import { flipBit, sendForeign } from '../scripted-faults.js';
import {
  bulkDelete,
  deleteContainer,
  listContainers,
  listObjects,
  postAccount,
  postContainer,
  putContainer,
} from './containers.js';
import { createFaults, type Fault, type Faults } from './faults.js';
import { authenticate, isAllowed } from './identity.js';
import {
  copyObject,
  deleteObject,
  getObject,
  postObject,
  putManifest,
  putObject,
} from './objects.js';
import { type FakeRequest, type Operation, parseRequest } from './request.js';
import { createStore, Refusal, type Store } from './store.js';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** How this Swift behaves; tests change it while it runs. */
export interface FakeRules {
  readonly store: Store;
  readonly valid: Set<string>;
  readonly issued: string[];
  readonly asked: unknown[];
  readonly accountHeaders: Record<string, string>;
  readonly cdnContainers: Map<string, Record<string, string>>;
  pageLimit: number;
  maxFileSize: number;
  tokenSeconds: number;
  hasBulkDelete: boolean;
  hasCdn: boolean;
  /** What `/info` says; undefined: there is none. */
  info: { readonly tempurl: { readonly allowed_digests?: readonly string[] } } | undefined;
  origin(): string;
  nowMs(): number;
}

export interface LoggedRequest
  extends Pick<FakeRequest, 'operation' | 'container' | 'key' | 'headers' | 'rawPath'> {
  readonly bytes: number;
  readonly status: number;
}

export interface FakeSwift {
  readonly origin: string;
  readonly rules: FakeRules;
  readonly faults: Faults;
  /** Every request that was answered, in order. */
  readonly log: LoggedRequest[];
  count(operation: Operation): number;
  close(): Promise<void>;
}

function perform(request: FakeRequest, rules: FakeRules, fault: Fault | undefined): Answer {
  switch (request.operation) {
    case 'Authenticate':
      return authenticate(request, rules);
    case 'Info':
      return rules.info === undefined
        ? { status: 404 }
        : { status: 200, body: JSON.stringify(rules.info) };
    case 'ListContainers':
      return listContainers(request, rules);
    case 'BulkDelete':
      return bulkDelete(request, rules, fault);
    case 'PostAccount':
      return postAccount(request, rules);
    case 'ListObjects':
      return listObjects(request, rules, fault?.kind === 'ignore-marker');
    case 'PutContainer':
      return putContainer(request, rules);
    case 'PostContainer':
      return postContainer(request, rules);
    case 'DeleteContainer':
      return deleteContainer(request, rules);
    case 'PutObject':
    case 'PutSegment':
    case 'PutMark':
      return putObject(request, rules);
    case 'PutManifest':
      return putManifest(request, rules);
    case 'CopyObject':
      return copyObject(request, rules);
    case 'GetObject':
    case 'GetMark':
    case 'HeadObject':
      return getObject(request, rules);
    case 'PostObject':
      return postObject(request, rules);
    case 'DeleteObject':
      return deleteObject(request, rules);
    case 'Cdn':
      return cdn(request, rules);
    case 'Unknown':
      return { status: 405 };
  }
}

function cdn(
  { method, container = '', headers: asked }: FakeRequest,
  { cdnContainers }: FakeRules,
): Answer {
  if (method === 'PUT') {
    const uris = {
      'x-cdn-uri': 'http://cdn.example/c1',
      'x-cdn-ssl-uri': 'https://cdn.example/c1',
    };
    cdnContainers.set(container, { ...uris, 'x-cdn-enabled': asked['x-cdn-enabled'] ?? 'False' });
  }
  const headers = cdnContainers.get(container);
  if (headers === undefined) return { status: 404 };
  return { status: method === 'PUT' ? 201 : 204, headers };
}

type Changeable = 'pageLimit' | 'maxFileSize' | 'tokenSeconds' | 'hasBulkDelete' | 'hasCdn';

/**
 * Swift on loopback, with TempAuth and both Keystones. It believes nothing: tokens, ETags and manifests are checked as
 * the service does.
 */
export async function startFakeSwift(
  changes: Partial<Pick<FakeRules, Changeable>> = {},
): Promise<FakeSwift> {
  let origin = '';
  const rules: FakeRules = {
    store: createStore(),
    valid: new Set(),
    issued: [],
    asked: [],
    accountHeaders: {},
    cdnContainers: new Map(),
    pageLimit: 10_000,
    maxFileSize: 5 * 2 ** 30,
    tokenSeconds: 86_400,
    hasBulkDelete: true,
    hasCdn: false,
    info: { tempurl: { allowed_digests: ['sha1', 'sha256', 'sha512'] } },
    origin: () => origin,
    nowMs: () => Date.now(),
    ...changes,
  };
  const faults = createFaults();
  const log: LoggedRequest[] = [];
  const server = createServer({ keepAliveTimeout: 30_000 }, (message, response) => {
    void serve(message, response).catch(() => response.destroy());
  });

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = message;
    const early = parseRequest(message, Buffer.alloc(0));
    const fault = faults.take(early);
    const body = await readBody(message, fault?.kind === 'reset' ? fault.afterBytes : undefined);
    if (body === undefined) return void socket.resetAndDestroy();
    if (fault?.kind === 'flip') flipBit(body, fault.at);
    if (fault?.kind === 'stall') return;
    const request: FakeRequest = { ...early, body };
    const answer = fault?.kind === 'foreign' && !fault.done ? fault : answerTo(request, fault);
    if (fault?.kind === 'lose-answer') return void socket.resetAndDestroy();
    const { operation, container, key, headers, rawPath } = request;
    log.push({
      operation,
      container,
      key,
      headers,
      rawPath,
      bytes: body.byteLength,
      status: answer.status,
    });
    if (fault?.kind === 'foreign') return sendForeign(response, fault, request.method === 'HEAD');
    if (fault?.kind === 'late') await setTimeout(fault.afterMs);
    send(request, response, answer, fault);
  }

  function answerTo(request: FakeRequest, fault: Fault | undefined): Answer {
    try {
      if (fault?.kind === 'refuse')
        return {
          status: fault.status,
          headers: fault.headers ?? {},
          body: '<html><h1>As scripted</h1></html>',
        };
      if (
        request.operation !== 'Authenticate' &&
        request.operation !== 'Info' &&
        !isAllowed(request, rules)
      )
        throw new Refusal(401);
      return perform(request, rules, fault);
    } catch (error) {
      if (!(error instanceof Refusal)) return { status: 500, body: String(error) };
      return {
        status: error.status,
        headers: { 'content-type': 'text/html' },
        body: `<html><h1>Refused</h1><p>${error.status}</p></html>`,
      };
    }
  }

  function send(
    request: FakeRequest,
    response: ServerResponse,
    answer: Answer,
    fault: Fault | undefined,
  ): void {
    const body = Buffer.from(answer.body ?? '');
    const headers: Record<string, string> = { ...answer.headers };
    if (fault?.kind === 'wrong-etag') headers['etag'] = '00000000000000000000000000000000';
    const length = fault?.kind === 'no-length' ? {} : { 'content-length': String(body.byteLength) };
    response.writeHead(answer.status, {
      ...headers,
      'x-trans-id': `tx-fake-${log.length}`,
      ...length,
    });
    if (request.method === 'HEAD') return void response.end();
    if (fault?.kind === 'truncate' || fault?.kind === 'stall-body') breakOff(response, body, fault);
    else response.end(body);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    rules,
    faults,
    log,
    count: (operation) => log.filter((each) => each.operation === operation).length,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
