import {
  ObjectAccessDeniedError,
  ObjectHashMismatchError,
  StorageError,
  TargetUnavailableError,
  ThrottledError,
} from '../../../src/drivers/errors.js';
import type { Fault } from '../../fakes/google/faults.js';
import { PRIVATE_KEY, REFRESH_TOKEN } from '../../fakes/google/identity.js';
import type { Operation } from '../../fakes/google/request.js';
import { startFakeGoogle } from '../../fakes/google/server.js';
import { BARE_200 } from '../../fakes/scripted-faults.js';
import { googleDialect } from '../../faults/google-dialect.js';
import { openFailingFake } from '../failing-fake.js';
import type { FaultDialect, FaultyService, StepFault } from '../faults/dialect.js';
import { CONTAINER, type Step } from '../faults/steps.js';
import { keyFile, openFake } from './open.js';

const REQUESTS: Readonly<Partial<Record<Step, Operation>>> = {
  'list containers': 'ListBuckets',
  'create container': 'CreateBucket',
  'head container': 'GetBucket',
  'delete container': 'DeleteBucket',
  list: 'ListObjects',
  'keeps versions': 'GetBucket',
  'list versions': 'ListObjects',
  'list uploads': 'ListUploads',
  'delete together': 'Batch',
  put: 'PutObject',
  copy: 'RewriteObject',
  'replace metadata': 'PatchObject',
  get: 'GetObject',
  head: 'GetMetadata',
  // What is not there is not deleted: the look before it has to prove that.
  delete: 'SeenGeneration',
  begin: 'CreateUpload',
  part: 'PutPart',
  'list parts': 'ListParts',
  complete: 'CompleteUpload',
  abort: 'AbortUpload',
};

function faultOf(fault: StepFault): Fault {
  switch (fault.kind) {
    case 'deny-keys':
      return { kind: 'refuse-keys', keys: fault.keys };
    case 'refuse':
      return {
        kind: 'refuse',
        status: fault.status,
        reason: fault.code,
        headers: fault.headers ?? {},
      };
    default:
      return fault;
  }
}

const DENIED = { kind: 'refuse', status: 403, reason: 'forbidden' } as const;

async function start(): Promise<FaultyService> {
  const { fake, backend, close } = await openFailingFake(startFakeGoogle, openFake);
  const { faults, rules } = fake;
  return {
    backend,
    open: (settings) => openFake(fake, settings),
    openRefused() {
      const user = { type: 'authorized_user', client_id: 'id', client_secret: 'wrong-secret' };
      const file = keyFile(fake, { ...user, refresh_token: 'wrong-token-of-mine' });
      return { backend: openFake(fake, { credentials_file: file }), secret: 'wrong-token-of-mine' };
    },
    origin: fake.origin,
    next: (step, fault, times) => faults.next(REQUESTS[step]!, faultOf(fault), times),
    always: (step, fault) => faults.always(REQUESTS[step]!, fault),
    deny(step) {
      faults.next(REQUESTS[step]!, DENIED);
      // Most roles for objects may list them and not look at the bucket.
      if (step === 'head container') faults.next('ListObjects', DENIED);
    },
    count: (step) => fake.count(REQUESTS[step]!),
    left: () => faults.left,
    listOneByOne() {
      rules.pageLimit = 1;
    },
    loseContainer: () => void rules.store.buckets.delete(CONTAINER),
    refuseOnce: () => rules.valid.clear(),
    secrets: () => [PRIVATE_KEY.slice(100, 200), REFRESH_TOKEN, ...rules.issued],
    close,
  };
}

export const googleFaults: FaultDialect = {
  driver: 'google_storage',
  name: 'Google Cloud Storage',
  start,
  openAt: (origin) => openFake({ origin }),
  refusals: [
    [500, 'internalError', {}, StorageError, 'backoff'],
    [503, 'backendError', {}, ThrottledError, 'backoff'],
    [503, 'backendError', { 'retry-after': '7' }, ThrottledError, { afterMs: 7000 }],
    [429, 'rateLimitExceeded', {}, ThrottledError, 'backoff'],
    [403, 'userRateLimitExceeded', { 'retry-after': '1' }, ThrottledError, { afterMs: 1000 }],
    [502, 'badGateway', {}, TargetUnavailableError, 'backoff'],
    [408, 'uploadBrokenConnection', {}, StorageError, 'backoff'],
    [400, 'required', {}, StorageError, 'never'],
    [400, 'invalid', {}, ObjectHashMismatchError, 'backoff'],
    [403, 'forbidden', {}, ObjectAccessDeniedError, 'never'],
    [403, 'retentionPolicyNotMet', {}, ObjectAccessDeniedError, 'never'],
    [413, 'uploadTooLarge', {}, StorageError, 'never'],
  ],
  requestId: /^fake-\d+$/,
  badDigest: { status: 400, code: 'invalid' },
  hollow: [
    ['put', StorageError],
    ['copy', StorageError],
    ['replace metadata', StorageError],
  ],
  slow: ['complete', 'copy', 'delete together'],
  unbatchable: [],
  unknownAfter: (_, omitted) => [omitted],
  repeatedPages: 2,
  proxy: googleDialect,
  rename: (body) => body.replace('"name":"a"', '"name":"c"'),
  partSize: 5 * 2 ** 20,
  ownAsks: {},
  provenSteps: Object.keys(REQUESTS) as Step[],
  provenOtherwise: [],
  notRepeated: ['create container', 'delete container', 'begin'],
  without200: ['delete container', 'abort'],
  unproven: [
    ['201 and nothing else', { ...BARE_200, status: 201 }, ''],
    ['204 and nothing else', { ...BARE_200, status: 204 }, ''],
  ],
};
