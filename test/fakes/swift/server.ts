import { type Answer, type HttpService, startService } from '../http-service.js';
import {
  bulkDelete,
  deleteContainer,
  listContainers,
  listObjects,
  postAccount,
  postContainer,
  putContainer,
} from './containers.js';
import type { Fault, OwnFault } from './faults.js';
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

export interface FakeSwift extends HttpService<Operation, FakeRequest, Fault> {
  readonly rules: FakeRules;
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
  const service = await startService<Operation, FakeRequest, OwnFault>({
    parse: parseRequest,
    answer: (request, fault) => answerTo(request, rules, fault),
    spoil: (answer, { kind }) =>
      kind === 'wrong-etag'
        ? { ...answer, headers: { ...answer.headers, etag: '0'.repeat(32) } }
        : answer,
    marks: (answered) => ({ 'x-trans-id': `tx-fake-${answered}` }),
  });
  origin = service.origin;
  return { ...service, rules };
}

function answerTo(request: FakeRequest, rules: FakeRules, fault: Fault | undefined): Answer {
  try {
    if (fault?.kind === 'refuse')
      return {
        status: fault.status,
        headers: fault.headers ?? {},
        body: '<html><h1>As scripted</h1></html>',
      };
    const isOpen = request.operation === 'Authenticate' || request.operation === 'Info';
    if (!isOpen && !isAllowed(request, rules)) throw new Refusal(401);
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
