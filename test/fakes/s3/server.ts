import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { crc32c } from '../../../src/drivers/crc32c.js';
import { breakOff, readBody } from '../broken-off.js';
import { createDoors, type Doors } from '../doors.js';
import { flipBit, sendForeign } from '../scripted-faults.js';
import { type Answer, errorXml, S3Refusal } from './answer.js';
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
import { createFaults, type Fault, type Faults } from './faults.js';
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
  minPartSize: number;
  maxCopySize: number;
  nowMs(): number;
  readonly crc32c: (bytes: Uint8Array) => number;
}

export interface LoggedRequest {
  readonly operation: Operation;
  readonly key: string | undefined;
  readonly bytes: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: ReadonlyMap<string, string>;
  readonly status: number;
}

export interface FakeS3 {
  readonly host: string;
  readonly port: number;
  readonly rules: FakeRules;
  readonly faults: Faults;
  readonly doors: Doors<Operation>;
  /** Every request that was answered, in order. */
  readonly log: LoggedRequest[];
  count(operation: Operation): number;
  /** Drops every connection and refuses new ones, until `switchOn`; what is stored stays. */
  switchOff(): Promise<void>;
  switchOn(): Promise<void>;
  close(): Promise<void>;
}

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
    minPartSize: 5 * 2 ** 20,
    maxCopySize: 5 * 2 ** 30,
    nowMs,
    crc32c: (bytes) => crc32c(bytes),
    ...changes,
  };
  const faults = createFaults();
  const doors = createDoors<Operation>();
  const log: LoggedRequest[] = [];
  const server = createServer({ keepAliveTimeout: 30_000 }, (message, response) => {
    void serve(message, response).catch(() => response.destroy());
  });

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = message;
    const early = parseRequest(message, Buffer.alloc(0), `${rules.region ?? 'us-east-1'}.fake`);
    const fault = faults.take(early);
    const body = await readBody(message, fault?.kind === 'reset' ? fault.afterBytes : undefined);
    if (body === undefined) return void socket.resetAndDestroy();
    if (fault?.kind === 'flip') flipBit(body, fault.at);
    await doors.pass(early.operation);
    const request: FakeRequest = { ...early, body };
    const answer = fault?.kind === 'foreign' && !fault.done ? fault : answerTo(request, fault);
    if (fault?.kind === 'stall') return;
    if (fault?.kind === 'lose-answer') return void socket.resetAndDestroy();
    log.push({
      operation: request.operation,
      key: request.key,
      bytes: body.byteLength,
      headers: request.headers,
      query: request.query,
      status: answer.status,
    });
    if (fault?.kind === 'foreign') return sendForeign(response, fault, request.method === 'HEAD');
    if (fault?.kind === 'late') await setTimeout(fault.afterMs);
    send(request, response, answer, fault);
  }

  function answerTo(request: FakeRequest, fault: Fault | undefined): Answer {
    try {
      const content = verifySignature(request, rules);
      if (fault?.kind === 'refuse') throw new S3Refusal(fault.status, fault.code, fault.headers);
      if (fault?.kind === 'stall') return { status: 200 };
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

  function send(
    request: FakeRequest,
    response: ServerResponse,
    answer: Answer,
    fault: Fault | undefined,
  ): void {
    let body = Buffer.from(answer.body ?? '');
    const headers: Record<string, string> = { ...answer.headers };
    if (fault?.kind === 'wrong-etag') {
      if (headers['etag'] !== undefined) headers['etag'] = '"00000000000000000000000000000000"';
      body = Buffer.from(
        body.toString('utf8').replace(/<ETag>&quot;[0-9a-f]{32}/, `<ETag>&quot;${'0'.repeat(32)}`),
      );
    }
    if (fault?.kind === 'corrupt' && body.byteLength > 0)
      body = Buffer.from(body.map((byte) => byte ^ 1));
    response.writeHead(answer.status, {
      ...headers,
      date: new Date(rules.nowMs()).toUTCString(),
      'x-amz-request-id': `fake-${log.length}`,
      ...(fault?.kind !== 'no-length' && { 'content-length': String(body.byteLength) }),
    });
    if (request.method === 'HEAD') return void response.end();
    if (fault?.kind === 'truncate' || fault?.kind === 'stall-body') breakOff(response, body, fault);
    else response.end(body);
  }

  async function listen(at: number): Promise<void> {
    server.listen(at, '127.0.0.1');
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
    host: '127.0.0.1',
    port,
    rules,
    faults,
    doors,
    log,
    count: (operation) => log.filter((each) => each.operation === operation).length,
    switchOff: close,
    switchOn: () => listen(port),
    close,
  };
}
