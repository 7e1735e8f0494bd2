import { type Answer, type HttpService, startService } from '../http-service.js';
import { refusalOf } from './answer.js';
import { answerBatch } from './batch.js';
import { createBucket, deleteBucket, getBucket, listBuckets, listObjects } from './buckets.js';
import type { Fault, OwnFault } from './faults.js';
import { identify, isSigned } from './identity.js';
import { faultOf, type Instruction, OPERATIONS, type RpcName } from './instructions.js';
import {
  contentOf,
  deleteObject,
  getMetadata,
  getObject,
  patchObject,
  putObject,
  rewriteObject,
} from './objects.js';
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  listUploads,
  putPart,
  type Upload,
} from './parts.js';
import { type FakeRequest, type Operation, parseRequest } from './request.js';
import { beginSession, cancelSession, continueSession, type Session } from './sessions.js';
import { createStore, ORIGIN, Refusal, type Store } from './store.js';

/** How this Google Cloud Storage behaves; tests change it while it runs. */
export interface FakeRules {
  readonly store: Store;
  /** Access tokens that are good. */
  readonly valid: Set<string>;
  readonly issued: string[];
  /** What the identity services were asked. */
  readonly asked: unknown[];
  /** By the numbers in their ids, from 1. */
  readonly sessions: (Session | undefined)[];
  readonly uploads: Map<string, Upload>;
  lastUpload: number;
  pageLimit: number;
  /** Bytes of a part that is not the last. */
  smallestPart: number;
  tokenSeconds: number;
  /** Bytes that one call of a rewrite copies. */
  rewriteBytes: number;
  /** Whether a name takes one write a second only. */
  oneWriteASecond: boolean;
  /** Whether requests without a token are answered, as by an emulator. */
  isOpen: boolean;
  nowMs(): number;
  /** Throws 429 for a name that was written less than a second ago. */
  limitWrites(bucket: string, key: string): void;
}

export interface FakeGoogle extends HttpService<Operation, FakeRequest, Fault> {
  readonly rules: FakeRules;
  /** The coming calls fail as the testbench's instructions say, in their order. */
  instruct(instructions: Readonly<Partial<Record<RpcName, readonly Instruction[]>>>): void;
}

function perform(request: FakeRequest, rules: FakeRules, fault: Fault | undefined): Answer {
  switch (request.operation) {
    case 'Identity':
      return identify(request, rules);
    case 'ListBuckets':
      return listBuckets(request, rules);
    case 'CreateBucket':
      return createBucket(request, rules);
    case 'GetBucket':
      return getBucket(request, rules);
    case 'DeleteBucket':
      return deleteBucket(request, rules);
    case 'ListObjects':
      return listObjects(request, rules, fault?.kind === 'repeat-page');
    case 'PutObject':
      return putObject(request, rules);
    case 'GetMetadata':
    case 'SeenGeneration':
      return getMetadata(request, rules);
    case 'GetObject':
      return getObject(request, rules);
    case 'PatchObject':
      return patchObject(request, rules);
    case 'DeleteObject':
      return deleteObject(request, rules);
    case 'RewriteObject':
      return rewriteObject(request, rules);
    case 'Batch':
      return answerBatch(request, fault, (call) => answerTo(call, rules, undefined));
    case 'BeginSession':
      return beginSession(request, rules);
    case 'ContinueSession':
      return continueSession(request, rules, fault);
    case 'CancelSession':
      return cancelSession(request, rules);
    case 'CreateUpload':
      return createUpload(request, rules);
    case 'PutPart':
      return putPart(request, rules);
    case 'ListParts':
      return listParts(request, rules);
    case 'ListUploads':
      return listUploads(request, rules);
    case 'CompleteUpload':
      return completeUpload(request, rules);
    case 'AbortUpload':
      return abortUpload(request, rules);
    case 'GetSigned': {
      const { bucket = '', key, headers } = request;
      return contentOf(bucket, rules.store.object(bucket, key), headers['range']);
    }
    case 'Unknown':
      return { status: 405 };
  }
}

const XML = new Set<Operation>([
  'CreateUpload',
  'PutPart',
  'ListParts',
  'ListUploads',
  'CompleteUpload',
  'AbortUpload',
  'GetSigned',
]);

function answerTo(request: FakeRequest, rules: FakeRules, fault: Fault | undefined): Answer {
  const isXml = XML.has(request.operation);
  try {
    if (fault?.kind === 'refuse') {
      const { status, reason, headers } = fault;
      const answer = refusalOf({ status, reason, message: `As scripted: MD5 ${reason}` }, isXml);
      return { ...answer, headers: { ...answer.headers, ...headers } };
    }
    if (fault?.kind === 'hollow')
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: hollowBody(request),
      };
    return perform(request, rules, fault);
  } catch (error) {
    if (!(error instanceof Refusal)) return { status: 500, body: String(error) };
    return refusalOf(error, isXml);
  }
}

/** A document of the right kind that says nothing. */
function hollowBody({ operation }: FakeRequest): string {
  return operation === 'RewriteObject'
    ? '{"kind":"storage#rewriteResponse"}'
    : '{"kind":"storage#object"}';
}

function isAllowed(request: FakeRequest, rules: FakeRules): boolean {
  if (request.operation === 'Identity') return true;
  if (request.operation === 'GetSigned' && isSigned(request, rules)) return true;
  const token = request.headers['authorization'];
  return token === undefined ? rules.isOpen : rules.valid.has(token.replace('Bearer ', ''));
}

function withOrigin(answer: Answer, { headers }: FakeRequest): Answer {
  const { body } = answer;
  if (typeof body !== 'string') return answer;
  return { ...answer, body: body.replaceAll(ORIGIN, `http://${headers['host']}`) };
}

const OTHER = { md5Hash: 'AAAAAAAAAAAAAAAAAAAAAA==', crc32c: 'AAAAAA==' };

/** Digests of other bytes, wherever the answer has them. */
function withOtherDigests(answer: Answer): Answer {
  const headers = { ...answer.headers };
  if (headers['etag'] !== undefined) headers['etag'] = `"${'0'.repeat(32)}"`;
  if (headers['x-goog-hash'] !== undefined) headers['x-goog-hash'] = `crc32c=${OTHER.crc32c}`;
  const body = answer.body
    ?.toString()
    .replace(
      /"(md5Hash|crc32c)":"[^"]*"/g,
      (_, name: 'md5Hash' | 'crc32c') => `"${name}":"${OTHER[name]}"`,
    );
  return { ...answer, headers, ...(body !== undefined && { body }) };
}

type Changeable =
  | 'pageLimit'
  | 'smallestPart'
  | 'tokenSeconds'
  | 'rewriteBytes'
  | 'oneWriteASecond'
  | 'isOpen'
  | 'nowMs';

/**
 * Google Cloud Storage on loopback: the JSON API, uploads in parts of the XML API, and the identity services. It believes nothing:
 * tokens, generations, digests and ranges are checked as the service does.
 */
export async function startFakeGoogle(
  changes: Partial<Pick<FakeRules, Changeable>> = {},
): Promise<FakeGoogle> {
  const nowMs = changes.nowMs ?? Date.now;
  const writtenMs = new Map<string, number>();
  const rules: FakeRules = {
    store: createStore(() => rules.nowMs()),
    valid: new Set(),
    issued: [],
    asked: [],
    sessions: [],
    uploads: new Map(),
    lastUpload: 0,
    pageLimit: 1000,
    smallestPart: 5 * 2 ** 20,
    tokenSeconds: 3600,
    rewriteBytes: Number.MAX_SAFE_INTEGER,
    oneWriteASecond: false,
    isOpen: false,
    nowMs,
    limitWrites(bucket, key) {
      const name = `${bucket}/${key}`;
      const before = writtenMs.get(name) ?? Number.NEGATIVE_INFINITY;
      if (rules.oneWriteASecond && rules.nowMs() - before < 1000)
        throw new Refusal(429, 'rateLimitExceeded', `The object ${name} exceeded the rate limit.`);
      writtenMs.set(name, rules.nowMs());
    },
    ...changes,
  };
  const service = await startService<Operation, FakeRequest, OwnFault>({
    parse: parseRequest,
    answer: (request, fault) =>
      isAllowed(request, rules) || fault?.kind === 'refuse'
        ? withOrigin(answerTo(request, rules, fault), request)
        : refusalOf(
            { status: 401, reason: 'authError', message: 'Invalid Credentials' },
            XML.has(request.operation),
          ),
    spoil: (answer, { kind }) => (kind === 'wrong-etag' ? withOtherDigests(answer) : answer),
    marks: (answered) => ({ 'x-guploader-uploadid': `fake-${answered}` }),
  });
  return {
    ...service,
    rules,
    instruct(instructions) {
      for (const [name, list] of Object.entries(instructions))
        for (const instruction of list)
          service.faults.next(OPERATIONS[name as RpcName], faultOf(instruction));
    },
  };
}
