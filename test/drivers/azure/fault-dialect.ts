import {
  InvalidCredentialsError,
  InvalidObjectNameError,
  ObjectAccessDeniedError,
  ObjectError,
  ObjectHashMismatchError,
  ObjectTooLargeError,
  StorageError,
  TargetUnavailableError,
  ThrottledError,
} from '../../../src/drivers/errors.js';
import type { Fault } from '../../fakes/azure/faults.js';
import { KEY } from '../../fakes/azure/identity.js';
import type { Operation } from '../../fakes/azure/request.js';
import { startFakeAzure } from '../../fakes/azure/server.js';
import { BARE_200 } from '../../fakes/scripted-faults.js';
import { azureDialect } from '../../faults/azure-dialect.js';
import { openFailingFake } from '../failing-fake.js';
import type { FaultDialect, FaultyService, StepFault } from '../faults/dialect.js';
import { CONTAINER, type Step } from '../faults/steps.js';
import { openFake } from './open.js';

const REQUESTS: Readonly<Partial<Record<Step, Operation>>> = {
  'list containers': 'ListContainers',
  'create container': 'CreateContainer',
  'head container': 'HeadContainer',
  'delete container': 'DeleteContainer',
  list: 'ListBlobs',
  'keeps versions': 'ListVersions',
  'list versions': 'ListVersions',
  'list uploads': 'ListUncommitted',
  'delete together': 'Batch',
  put: 'PutBlob',
  copy: 'CopyBlob',
  'replace metadata': 'SetMetadata',
  get: 'GetBlob',
  head: 'HeadBlob',
  delete: 'DeleteBlob',
  begin: 'PutMark',
  part: 'PutBlock',
  'list parts': 'GetBlockList',
  complete: 'PutBlockList',
  abort: 'PutMark',
};

const WRONG_KEY = Buffer.from('the key of another account').toString('base64');
const NO_RIGHT = { kind: 'refuse', status: 403, code: 'AuthorizationPermissionMismatch' } as const;
const HOUR_MS = 3_600_000;

function faultOf(fault: StepFault): Fault {
  switch (fault.kind) {
    case 'deny-keys':
      return {
        kind: 'refuse-keys',
        codes: Object.fromEntries(fault.keys.map((key) => [key, NO_RIGHT.code])),
      };
    case 'repeat-page':
      return { kind: 'ignore-marker' };
    default:
      return fault;
  }
}

async function start(): Promise<FaultyService> {
  const { fake, backend, close } = await openFailingFake(startFakeAzure, openFake);
  const { faults, rules } = fake;
  return {
    backend,
    open: (settings) => openFake(fake, settings),
    openRefused: () => ({ backend: openFake(fake, { secret: WRONG_KEY }), secret: WRONG_KEY }),
    origin: fake.origin,
    next: (step, fault, times) => faults.next(REQUESTS[step]!, faultOf(fault), times),
    always: (step, fault) => faults.always(REQUESTS[step]!, fault),
    deny: (step) => faults.next(REQUESTS[step]!, NO_RIGHT),
    count: (step) => fake.count(REQUESTS[step]!),
    left: () => faults.left,
    listOneByOne() {
      rules.pageLimit = 1;
    },
    loseContainer: () => void rules.store.containers.delete(CONTAINER),
    // The service's clock is ahead, which its refusal says.
    refuseOnce() {
      rules.nowMs = () => Date.now() + HOUR_MS;
    },
    secrets: () => [KEY],
    close,
  };
}

export const azureFaults: FaultDialect = {
  driver: 'azure_blobs',
  name: 'Azure Blob Storage',
  start,
  openAt: (origin) => openFake({ origin }),
  // learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
  refusals: [
    [500, 'InternalError', {}, StorageError, 'backoff'],
    [500, 'OperationTimedOut', {}, StorageError, 'backoff'],
    [503, 'ServerBusy', {}, ThrottledError, 'backoff'],
    [503, 'ServerBusy', { 'retry-after': '7' }, ThrottledError, { afterMs: 7000 }],
    [429, 'TooManyRequests', { 'retry-after': '1' }, ThrottledError, { afterMs: 1000 }],
    [502, '', {}, TargetUnavailableError, 'backoff'],
    [408, '', {}, StorageError, 'backoff'],
    [413, 'RequestBodyTooLarge', {}, ObjectTooLargeError, 'never'],
    [400, 'InvalidInput', {}, StorageError, 'never'],
    [400, 'InvalidUri', {}, InvalidObjectNameError, 'never'],
    [400, 'Md5Mismatch', {}, ObjectHashMismatchError, 'backoff'],
    [403, 'AuthorizationPermissionMismatch', {}, ObjectAccessDeniedError, 'never'],
    [403, 'AccountIsDisabled', {}, InvalidCredentialsError, 'never'],
    [409, 'BlobArchived', {}, ObjectAccessDeniedError, 'never'],
    [409, 'BlobBeingRehydrated', {}, ObjectAccessDeniedError, 'never'],
    [409, 'BlobImmutableDueToPolicy', {}, ObjectAccessDeniedError, 'never'],
    [409, 'InvalidBlobType', {}, ObjectAccessDeniedError, 'never'],
    [409, 'PendingCopyOperation', {}, StorageError, 'backoff'],
    [412, 'LeaseIdMissing', {}, ObjectAccessDeniedError, 'never'],
  ],
  requestId: /^fake-\d+$/,
  badDigest: { status: 400, code: 'Md5Mismatch' },
  hollow: [
    ['put', ObjectError],
    ['complete', ObjectError],
  ],
  slow: ['complete', 'copy', 'delete together'],
  unbatchable: [],
  unknownAfter: (_, omitted) => [omitted],
  repeatedPages: 2,
  proxy: azureDialect,
  rename: (body) => body.replace('<Name>a</Name>', '<Name>c</Name>'),
  partSize: 2 * 2 ** 20,
  ownAsks: {},
  provenSteps: Object.keys(REQUESTS) as Step[],
  provenOtherwise: [],
  notRepeated: ['create container', 'delete container', 'begin'],
  without200: [
    'create container',
    'delete container',
    'delete together',
    'put',
    'copy',
    'delete',
    'begin',
    'part',
    'complete',
    'abort',
  ],
  unproven: [
    ['201 and nothing else', { ...BARE_200, status: 201 }, ''],
    ['202 and nothing else', { ...BARE_200, status: 202 }, ''],
  ],
};
