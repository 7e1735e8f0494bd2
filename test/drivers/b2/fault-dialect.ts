import {
  ObjectAccessDeniedError,
  ObjectError,
  ObjectHashMismatchError,
  TargetFullError,
  TargetUnavailableError,
  ThrottledError,
} from '../../../src/drivers/errors.js';
import { SECRET } from '../../fakes/b2/account.js';
import type { Fault } from '../../fakes/b2/faults.js';
import type { Operation } from '../../fakes/b2/request.js';
import { startFakeB2 } from '../../fakes/b2/server.js';
import { BARE_200 } from '../../fakes/scripted-faults.js';
import { b2Dialect } from '../../faults/b2-dialect.js';
import { openFailingFake } from '../failing-fake.js';
import type { FaultDialect, FaultyService, StepFault } from '../faults/dialect.js';
import { CONTAINER, type Step } from '../faults/steps.js';
import { openFake } from './open.js';

const REQUESTS: Readonly<Partial<Record<Step, Operation>>> = {
  'list containers': 'b2_list_buckets',
  'create container': 'b2_create_bucket',
  'head container': 'b2_list_buckets',
  'delete container': 'b2_delete_bucket',
  list: 'b2_list_file_names',
  'keeps versions': 'b2_list_buckets',
  'list versions': 'b2_list_file_versions',
  'list uploads': 'b2_list_unfinished_large_files',
  put: 'b2_upload_file',
  copy: 'b2_copy_file',
  'replace metadata': 'b2_copy_file',
  get: 'b2_download_file',
  head: 'b2_list_file_names',
  delete: 'b2_hide_file',
  begin: 'b2_start_large_file',
  part: 'b2_upload_part',
  'list parts': 'b2_list_parts',
  complete: 'b2_finish_large_file',
  abort: 'b2_cancel_large_file',
};

const WRONG_SECRET = 'K004-wrong-key-of-mine';

function faultOf(fault: StepFault): Fault {
  switch (fault.kind) {
    case 'deny-keys':
    case 'omit-key':
    case 'hollow':
      throw new Error(`B2 knows no fault of the kind ${fault.kind}`);
    default:
      return fault;
  }
}

async function start(): Promise<FaultyService> {
  const { fake, backend, close } = await openFailingFake(startFakeB2, openFake);
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
    deny: (step) =>
      faults.next(REQUESTS[step]!, { kind: 'refuse', status: 401, code: 'unauthorized' }),
    count: (step) => fake.count(REQUESTS[step]!),
    left: () => faults.left,
    listOneByOne() {
      rules.pageLimit = 1;
    },
    loseContainer: () => void rules.store.buckets.delete(CONTAINER),
    refuseOnce: () => rules.uploadTokens.clear(),
    secrets: () => [SECRET, ...rules.issued, ...rules.uploadTokens.values()],
    close,
  };
}

export const b2Faults: FaultDialect = {
  driver: 'backblaze_b2',
  name: 'Backblaze B2',
  start,
  openAt: (origin) => openFake({ origin }),
  refusals: [
    [429, 'too_many_requests', {}, ThrottledError, 'backoff'],
    [429, 'too_many_requests', { 'retry-after': '7' }, ThrottledError, { afterMs: 7000 }],
    [403, 'storage_cap_exceeded', {}, TargetFullError, 'never'],
    [403, 'transaction_cap_exceeded', {}, TargetUnavailableError, { afterMs: 3_600_000 }],
    [403, 'cap_exceeded', {}, TargetUnavailableError, { afterMs: 3_600_000 }],
    [403, 'access_denied', {}, ObjectAccessDeniedError, 'never'],
    [401, 'unauthorized', {}, ObjectAccessDeniedError, 'never'],
    [400, 'bad_request', {}, ObjectHashMismatchError, 'backoff'],
    [413, 'too_large', {}, ObjectError, 'never'],
  ],
  requestId: undefined,
  badDigest: { status: 400, code: 'bad_request' },
  hollow: [],
  slow: ['complete', 'copy'],
  unbatchable: undefined,
  unknownAfter: (asked) => asked,
  // B2 says where the next page begins: a page that begins elsewhere is noticed at once. The first look is at the container.
  repeatedPages: 2,
  proxy: b2Dialect,
  rename: (body) => body.replace('"fileName":"a"', '"fileName":"c"'),
  partSize: 10_000_000,
  onePart: 5_000_001,
  ownAsks: {},
  provenSteps: Object.keys(REQUESTS) as Step[],
  provenOtherwise: [],
  notRepeated: ['create container', 'delete container', 'begin'],
  without200: [],
  unproven: [
    ['201 and nothing else', { ...BARE_200, status: 201 }, ''],
    ['an empty document', { ...BARE_200, body: '{}' }, ''],
  ],
};
