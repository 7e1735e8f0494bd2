import {
  ObjectAccessDeniedError,
  ObjectError,
  ObjectHashMismatchError,
  StorageError,
  TargetFullError,
  TargetUnavailableError,
  ThrottledError,
} from '../../../src/drivers/errors.js';
import { BARE_200 } from '../../fakes/scripted-faults.js';
import type { Fault } from '../../fakes/swift/faults.js';
import { SECRET } from '../../fakes/swift/identity.js';
import type { Operation } from '../../fakes/swift/request.js';
import { startFakeSwift } from '../../fakes/swift/server.js';
import { swiftDialect } from '../../faults/dialect.js';
import { call } from '../conformance/fixture.js';
import { openFailingFake } from '../failing-fake.js';
import type { FaultDialect, FaultyService, StepFault } from '../faults/dialect.js';
import { CONTAINER, REF, type Step } from '../faults/steps.js';
import { openFake } from './open.js';

const REQUESTS: Readonly<Partial<Record<Step, Operation>>> = {
  info: 'Info',
  'list containers': 'ListContainers',
  'create container': 'PutContainer',
  'head container': 'ListObjects',
  'delete container': 'DeleteContainer',
  list: 'ListObjects',
  'delete together': 'BulkDelete',
  put: 'PutObject',
  copy: 'CopyObject',
  'replace metadata': 'PostObject',
  get: 'GetObject',
  head: 'HeadObject',
  delete: 'DeleteObject',
  part: 'PutSegment',
  complete: 'PutManifest',
};

const WRONG_SECRET = 'wrong-secret-of-mine';

function faultOf(fault: StepFault): Fault {
  switch (fault.kind) {
    case 'deny-keys':
      return {
        kind: 'refuse-keys',
        keys: Object.fromEntries(fault.keys.map((key) => [key, '403 Forbidden'])),
      };
    case 'omit-key':
      return { kind: 'miscount' };
    case 'repeat-page':
      return { kind: 'ignore-marker' };
    case 'hollow':
      return { kind: 'refuse', status: 202 };
    case 'refuse':
      return { kind: 'refuse', status: fault.status, headers: fault.headers ?? {} };
    default:
      return fault;
  }
}

async function start(): Promise<FaultyService> {
  const { fake, backend, close } = await openFailingFake(startFakeSwift, openFake);
  const { faults, rules } = fake;
  return {
    backend,
    open: (settings) => openFake(fake, settings),
    openRefused: () => ({
      backend: openFake(fake, { secret: WRONG_SECRET }),
      secret: WRONG_SECRET,
    }),
    origin: fake.origin,
    next: (step, fault, times) => faults.next(REQUESTS[step]!, faultOf(fault), times),
    always: (step, fault) => faults.always(REQUESTS[step]!, fault),
    deny: (step) => faults.next(REQUESTS[step]!, { kind: 'refuse', status: 403 }),
    count: (step) => fake.count(REQUESTS[step]!),
    left: () => faults.left,
    listOneByOne() {
      rules.pageLimit = 1;
    },
    loseContainer: () => void rules.store.containers.delete(CONTAINER),
    refuseOnce: () => rules.valid.clear(),
    secrets: () => [SECRET, ...rules.issued],
    close,
  };
}

export const swiftFaults: FaultDialect = {
  driver: 'swift',
  name: 'Swift',
  start,
  openAt: (origin) => openFake({ origin }),
  refusals: [
    [500, '', {}, StorageError, 'backoff'],
    [503, '', {}, ThrottledError, 'backoff'],
    [503, '', { 'retry-after': '7' }, ThrottledError, { afterMs: 7000 }],
    [498, '', { 'retry-after': '1' }, ThrottledError, { afterMs: 1000 }],
    [429, '', {}, ThrottledError, 'backoff'],
    [502, '', {}, TargetUnavailableError, 'backoff'],
    [507, '', {}, TargetFullError, 'never'],
    [408, '', {}, StorageError, 'backoff'],
    [413, '', {}, StorageError, 'never'],
    [400, '', {}, StorageError, 'never'],
    [403, '', {}, ObjectAccessDeniedError, 'never'],
    [422, '', {}, ObjectHashMismatchError, 'backoff'],
  ],
  requestId: /^tx-fake-\d+$/,
  badDigest: { status: 422, code: '' },
  hollow: [
    ['put', ObjectError],
    ['copy', ObjectError],
    ['complete', ObjectError],
  ],
  slow: ['complete', 'copy', 'delete together'],
  unbatchable: ['é'.repeat(500)],
  // The answer only counts the keys that are gone.
  unknownAfter: (asked) => asked,
  // Of the look at the container, and of two pages.
  repeatedPages: 3,
  proxy: swiftDialect,
  rename: (body) => body.replace('"name":"a"', '"name":"c"'),
  partSize: 2 * 2 ** 20,
  ownAsks: {
    info: async (service) => () =>
      service.open({ temp_url_key: 'k' }).capabilities.cdn!.objectUrl(REF, call),
  },
  provenSteps: Object.keys(REQUESTS) as Step[],
  provenOtherwise: [],
  notRepeated: ['create container', 'delete container', 'info'],
  without200: ['create container', 'put', 'copy', 'part', 'complete'],
  unproven: [
    ['201 and nothing else', { ...BARE_200, status: 201 }, ''],
    ['204 and nothing else', { ...BARE_200, status: 204 }, ''],
  ],
};
