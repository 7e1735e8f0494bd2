import { crc32c } from '../../../src/drivers/crc32c.js';
import { type Answer, type HttpService, startService } from '../http-service.js';
import { errorXml, S3Refusal } from './answer.js';
import {
  createBucket,
  deleteBucket,
  deleteObjects,
  getVersioning,
  headBucket,
  listBuckets,
  listObjects,
  listVersions,
} from './buckets.js';
import type { Fault, OwnFault } from './faults.js';
import {
  type ConditionDialect,
  copyObject,
  deleteObject,
  getObject,
  putObject,
} from './objects.js';
import { type FakeRequest, type Operation, parseRequest } from './request.js';
import { type Account, verifySignature } from './signature.js';
import { createStore, type Store } from './store.js';
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
  uploadPartCopy,
} from './uploads.js';

/** How this S3 behaves; tests change it while it runs. */
export interface FakeRules {
  readonly store: Store;
  accounts: Account[];
  readonly expired: Set<string>;
  /** Undefined: any region's signature will do. */
  region: string | undefined;
  /** The server's clock minus this machine's. */
  skewMs: number;
  createsTwice: boolean;
  takesChunks: boolean;
  conditions: ConditionDialect;
  pageLimit: number;
  /** As Ceph does: keys of uploads are encoded although the answer does not say so, and markers are never. */
  listsAsCeph: boolean;
  /** Lists from the first key on, whatever `start-after` says. */
  ignoresStartAfter: boolean;
  minPartSize: number;
  maxCopySize: number;
  nowMs(): number;
  readonly crc32c: (bytes: Uint8Array) => number;
}

export interface FakeS3 extends HttpService<Operation, FakeRequest, Fault> {
  readonly rules: FakeRules;
}

const ZEROS = '0'.repeat(32);
export const ACCOUNT: Account = { accessKey: 'AKIAFAKE', secret: 'fake/secret+key' };

const handlers: Readonly<
  Record<Operation, (request: FakeRequest, rules: FakeRules, fault: Fault | undefined) => Answer>
> = {
  ListBuckets: (_, rules) => listBuckets(rules),
  CreateBucket: createBucket,
  HeadBucket: headBucket,
  DeleteBucket: deleteBucket,
  ListObjects: (request, rules, fault) =>
    listObjects(request, rules, fault?.kind === 'repeat-token'),
  GetBucketVersioning: getVersioning,
  ListObjectVersions: listVersions,
  ListMultipartUploads: listUploads,
  DeleteObjects: deleteObjects,
  PutObject: putObject,
  CopyObject: copyObject,
  GetObject: getObject,
  HeadObject: getObject,
  DeleteObject: deleteObject,
  CreateMultipartUpload: createUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  ListParts: listParts,
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload: abortUpload,
  Unknown: () => {
    throw new S3Refusal(501, 'NotImplemented');
  },
};

/** S3 on loopback. It believes nothing: signatures, digests and conditions are checked as the service does. */
export async function startFakeS3(
  changes: Partial<Omit<FakeRules, 'store' | 'expired' | 'nowMs' | 'crc32c'>> = {},
): Promise<FakeS3> {
  const nowMs = () => Date.now() + rules.skewMs;
  const rules: FakeRules = {
    store: createStore(() => nowMs()),
    accounts: [ACCOUNT],
    expired: new Set(),
    region: undefined,
    skewMs: 0,
    createsTwice: true,
    takesChunks: true,
    conditions: 'quoted',
    pageLimit: 1000,
    listsAsCeph: false,
    ignoresStartAfter: false,
    minPartSize: 5 * 2 ** 20,
    maxCopySize: 5 * 2 ** 30,
    nowMs,
    crc32c: (bytes) => crc32c(bytes),
    ...changes,
  };
  const service = await startService<Operation, FakeRequest, OwnFault>({
    parse: (message) => parseRequest(message, `${rules.region ?? 'us-east-1'}.fake`),
    answer: (request, fault) => answerTo(request, rules, fault),
    spoil,
    marks: (answered) => ({
      date: new Date(rules.nowMs()).toUTCString(),
      'x-amz-request-id': `fake-${answered}`,
    }),
  });
  return { ...service, rules };
}

function answerTo(request: FakeRequest, rules: FakeRules, fault: Fault | undefined): Answer {
  try {
    const content = verifySignature(request, rules);
    if (fault?.kind === 'refuse') throw new S3Refusal(fault.status, fault.code, fault.headers);
    if (fault?.kind === 'inside') return { status: 200, body: errorXml(fault.code) };
    return handlers[request.operation]({ ...request, body: content }, rules, fault);
  } catch (error) {
    if (!(error instanceof S3Refusal))
      return { status: 500, body: errorXml('InternalError', { Cause: String(error) }) };
    return {
      status: error.status,
      headers: error.headers,
      body: errorXml(error.code, error.elements),
    };
  }
}

function spoil(answer: Answer, { kind }: Fault): Answer {
  const body = Buffer.from(answer.body ?? '');
  if (kind === 'corrupt') return { ...answer, body: body.map((byte) => byte ^ 1) as Buffer };
  if (kind !== 'wrong-etag') return answer;
  const inBody = body.toString('utf8').replace(/<ETag>&quot;[0-9a-f]{32}/, `<ETag>&quot;${ZEROS}`);
  const { etag, ...headers } = answer.headers ?? {};
  return {
    status: answer.status,
    headers: etag === undefined ? headers : { ...headers, etag: `"${ZEROS}"` },
    body: inBody,
  };
}
