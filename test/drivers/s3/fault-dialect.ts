import {
  InvalidCredentialsError,
  ObjectAccessDeniedError,
  ObjectError,
  StorageError,
  TargetUnavailableError,
  ThrottledError,
} from '../../../src/drivers/errors.js';
import type { Fault } from '../../fakes/s3/faults.js';
import type { Operation } from '../../fakes/s3/request.js';
import { ACCOUNT, startFakeS3 } from '../../fakes/s3/server.js';
import { s3Dialect } from '../../faults/dialect.js';
import { openFailingFake } from '../failing-fake.js';
import type { FaultDialect, FaultyService, StepFault } from '../faults/dialect.js';
import { CONTAINER, type Step } from '../faults/steps.js';
import { openFake } from './open.js';

const REQUESTS: Readonly<Partial<Record<Step, Operation>>> = {
  'list containers': 'ListBuckets',
  'create container': 'CreateBucket',
  'head container': 'HeadBucket',
  'delete container': 'DeleteBucket',
  list: 'ListObjects',
  'keeps versions': 'GetBucketVersioning',
  'list versions': 'ListObjectVersions',
  'list uploads': 'ListMultipartUploads',
  'delete together': 'DeleteObjects',
  put: 'PutObject',
  copy: 'CopyObject',
  get: 'GetObject',
  head: 'HeadObject',
  delete: 'DeleteObject',
  begin: 'CreateMultipartUpload',
  part: 'UploadPart',
  'list parts': 'ListParts',
  complete: 'CompleteMultipartUpload',
  abort: 'AbortMultipartUpload',
};

/** What is asked when the answer to a HEAD, which has no body, gives no reason. */
const SECOND_REQUEST: Readonly<Partial<Record<Step, Operation>>> = {
  head: 'GetObject',
  'head container': 'ListObjects',
};

const SESSION_TOKEN = 'session-token-of-mine';
const DENIED = { kind: 'refuse', status: 403, code: 'AccessDenied' } as const;

function faultOf(step: Step, fault: StepFault): Fault {
  switch (fault.kind) {
    case 'deny-keys':
      return {
        kind: 'refuse-keys',
        keys: Object.fromEntries(fault.keys.map((key) => [key, 'AccessDenied'])),
      };
    case 'omit-key':
      return { kind: 'omit-keys', keys: [fault.key] };
    case 'repeat-page':
      return { kind: 'repeat-token' };
    case 'hollow':
      return {
        kind: 'inside',
        code: step === 'begin' || step === 'copy' ? 'SlowDown' : 'InternalError',
      };
    default:
      return fault;
  }
}

async function start(): Promise<FaultyService> {
  const { fake, backend, close } = await openFailingFake(startFakeS3, openFake);
  const { faults, rules } = fake;
  return {
    backend,
    open: (settings) => openFake(fake, settings),
    openRefused() {
      rules.accounts = [{ ...ACCOUNT, sessionToken: 'another' }];
      const keys = { key: ACCOUNT.accessKey, secret: ACCOUNT.secret, token: SESSION_TOKEN };
      return { backend: openFake(fake, keys), secret: SESSION_TOKEN };
    },
    origin: fake.origin,
    next: (step, fault, times) => faults.next(REQUESTS[step]!, faultOf(step, fault), times),
    always(step, fault) {
      faults.always(REQUESTS[step]!, fault);
      const second = SECOND_REQUEST[step];
      if (second !== undefined) faults.always(second, fault);
      if (step === 'create container')
        faults.always('HeadBucket', { kind: 'refuse', status: 404, code: 'NoSuchBucket' });
    },
    deny(step) {
      faults.next(REQUESTS[step]!, DENIED);
      const second = SECOND_REQUEST[step];
      if (second !== undefined) faults.next(second, DENIED);
    },
    count: (step) => fake.count(REQUESTS[step]!),
    left: () => faults.left,
    listOneByOne() {
      rules.pageLimit = 1;
    },
    loseContainer: () => void rules.store.buckets.delete(CONTAINER),
    refuseOnce() {
      rules.skewMs = 20 * 60_000;
    },
    secrets: () => [ACCOUNT.secret],
    close,
  };
}

export const s3Faults: FaultDialect = {
  driver: 's3',
  name: 'S3',
  start,
  openAt(origin) {
    const { hostname, port } = new URL(origin);
    return openFake({ host: hostname, port: Number(port) });
  },
  refusals: [
    [500, 'InternalError', {}, StorageError, 'backoff'],
    [503, 'SlowDown', {}, ThrottledError, 'backoff'],
    [503, 'SlowDown', { 'retry-after': '7' }, ThrottledError, { afterMs: 7000 }],
    [429, 'TooManyRequests', { 'retry-after': '1' }, ThrottledError, { afterMs: 1000 }],
    [502, 'BadGateway', {}, TargetUnavailableError, 'backoff'],
    [400, 'RequestTimeout', {}, StorageError, 'backoff'],
    [400, 'InvalidRequest', {}, StorageError, 'never'],
    [403, 'AccessDenied', {}, ObjectAccessDeniedError, 'never'],
    [403, 'SignatureDoesNotMatch', {}, InvalidCredentialsError, 'never'],
  ],
  requestId: /^fake-\d+$/,
  badDigest: { status: 400, code: 'BadDigest' },
  hollow: [
    ['begin', ThrottledError],
    ['complete', ObjectError],
    ['copy', ThrottledError],
    ['delete together', StorageError],
  ],
  slow: ['complete', 'copy'],
  unbatchable: ['bell\u0007', 'line\nbreak', ' blank at an end'],
  unknownAfter: (_, omitted) => [omitted],
  repeatedPages: 2,
  proxy: s3Dialect,
  rename: (body) => body.replace('<Key>a<', '<Key>c<'),
  partSize: 5 * 2 ** 20,
  ownAsks: {},
  provenSteps: Object.keys(REQUESTS) as Step[],
  provenOtherwise: ['head', 'head container'],
  notRepeated: ['create container', 'delete container', 'begin'],
  without200: [],
  unproven: [],
};
