import { type Answer, type HttpService, startService } from '../http-service.js';
import { batch } from './batch.js';
import { changeBlob, deleteBlob, getBlob, putBlob } from './blobs.js';
import { copyBlob, getBlockList, putBlock, putBlockFromUrl, putBlockList } from './blocks.js';
import {
  createContainer,
  deleteContainer,
  headContainer,
  listBlobs,
  listContainers,
  serviceProperties,
} from './containers.js';
import type { Fault, OwnFault } from './faults.js';
import { checkAccess, machineToken, token, userDelegationKey } from './identity.js';
import { type FakeRequest, type Operation, parseRequest } from './request.js';
import { createStore, md5, Refusal, type Store, type StoredBlob } from './store.js';

/** How this service behaves; tests change it while it runs. */
export interface FakeRules {
  readonly store: Store;
  readonly validTokens: Set<string>;
  readonly issued: string[];
  /** What was asked of those who give tokens. */
  readonly asked: unknown[];
  /** Signatures of the account that are good. */
  readonly sasTokens: Set<string>;
  readonly beingDeleted: Set<string>;
  readonly pendingCopies: Map<string, Partial<StoredBlob>>;
  /** PEM of who may sign assertions. */
  certificate: string | undefined;
  /** Where Azure Arc keeps a secret, and that. */
  arcFile: string;
  arcSecret: string;
  tokenSeconds: number;
  pageLimit: number;
  /** Whether a listing begins with a page that is empty and not the last. */
  emptyFirstPage: boolean;
  versioning: boolean;
  /** What the service properties have as policy of soft delete. */
  softDelete: string;
  hasBatch: boolean;
  hasCopyByUrl: boolean;
  /** Bytes that one request may copy. */
  largestCopy: number;
  /** How often a copy in the background is found pending. */
  pendingLooks: number;
  copiesFail: boolean;
  changes: number;
  origin(): string;
  nowMs(): number;
}

export interface FakeAzure extends HttpService<Operation, FakeRequest, Fault> {
  readonly rules: FakeRules;
}

function perform(request: FakeRequest, rules: FakeRules, fault: Fault | undefined): Answer {
  switch (request.operation) {
    case 'Token':
      return token(request, rules);
    case 'Imds':
    case 'AppService':
      return machineToken(request, rules);
    case 'UserDelegationKey':
      return userDelegationKey();
    case 'ServiceProperties':
      return serviceProperties(rules);
    case 'ListContainers':
      return listContainers(request, rules);
    case 'CreateContainer':
      return createContainer(request, rules);
    case 'HeadContainer':
      return headContainer(request, rules);
    case 'DeleteContainer':
      return deleteContainer(request, rules);
    case 'ListBlobs':
    case 'ListUncommitted':
    case 'ListVersions':
      return listBlobs(request, rules, fault);
    case 'Batch':
      return batch(request, rules, fault);
    case 'PutBlob':
      return putBlob(request, rules);
    case 'PutBlock':
    case 'PutMark':
      return putBlock(request, rules);
    case 'PutBlockFromUrl':
      return putBlockFromUrl(request, rules);
    case 'PutBlockList':
      return putBlockList(request, rules);
    case 'GetBlockList':
      return getBlockList(request, rules);
    case 'CopyBlob':
      return copyBlob(request, rules);
    case 'SetMetadata':
    case 'SetProperties':
    case 'SetTier':
      return changeBlob(request, rules);
    case 'GetBlob':
    case 'HeadBlob':
      return getBlob(request, rules);
    case 'DeleteBlob':
      return deleteBlob(request, rules);
    case 'Unknown':
      throw new Refusal(400, 'InvalidUri');
  }
}

const OPEN: ReadonlySet<Operation> = new Set(['Token', 'Imds', 'AppService']);

function answerTo(request: FakeRequest, rules: FakeRules, fault: Fault | undefined): Answer {
  try {
    if (fault?.kind === 'refuse')
      return errorAnswer(request, rules, new Refusal(fault.status, fault.code), fault.headers);
    if (!OPEN.has(request.operation)) checkAccess(request, rules);
    if (fault?.kind === 'hollow') return { status: 201, headers: { etag: '"0x8DHOLLOW"' } };
    return perform(request, rules, fault);
  } catch (error) {
    if (!(error instanceof Refusal)) return { status: 500, body: String(error) };
    return errorAnswer(request, rules, error);
  }
}

/** The service's own time goes along: a client whose clock is wrong learns from it. */
function errorAnswer(
  { method }: FakeRequest,
  rules: FakeRules,
  { status, code }: Refusal,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const time = new Date(rules.nowMs()).toISOString();
  const body = `\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>As the fake says.\nRequestId:00000000\nTime:${time}</Message></Error>`;
  return {
    status,
    headers: {
      'content-type': 'application/xml',
      'x-ms-error-code': code,
      ...headers,
    },
    body: method === 'HEAD' ? '' : body,
  };
}

type Changeable = Exclude<keyof FakeRules, 'store' | 'origin'>;

/**
 * Azure Blob Storage on loopback, after its documentation: what Azurite leaves out or does otherwise is here. It believes nothing:
 * signatures, tokens, digests and blocks are checked as the service does.
 */
export async function startFakeAzure(
  changes: Partial<Pick<FakeRules, Changeable>> = {},
): Promise<FakeAzure> {
  let origin = '';
  const rules: FakeRules = {
    store: createStore(),
    validTokens: new Set(),
    issued: [],
    asked: [],
    sasTokens: new Set(),
    beingDeleted: new Set(),
    pendingCopies: new Map(),
    certificate: undefined,
    arcFile: '',
    arcSecret: '',
    tokenSeconds: 3_600,
    pageLimit: 5_000,
    emptyFirstPage: false,
    versioning: false,
    softDelete: '<Enabled>false</Enabled>',
    hasBatch: true,
    hasCopyByUrl: true,
    largestCopy: 256 * 2 ** 20,
    pendingLooks: 0,
    copiesFail: false,
    changes: 0,
    origin: () => origin,
    nowMs: () => Date.now(),
    ...changes,
  };
  const service = await startService<Operation, FakeRequest, OwnFault>({
    parse: (message) => parseRequest(message),
    answer: (request, fault) => answerTo(request, rules, fault),
    spoil: (answer, { kind }) =>
      kind === 'wrong-etag'
        ? { ...answer, headers: { ...answer.headers, 'content-md5': md5('something else') } }
        : answer,
    marks: (answered) => ({
      'x-ms-request-id': `fake-${answered}`,
      'x-ms-version': '2023-11-03',
      date: new Date(rules.nowMs()).toUTCString(),
    }),
  });
  origin = service.origin;
  return { ...service, rules };
}
