import { beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { TargetUnavailableError, UnprovenAnswerError } from '../../../src/drivers/errors.js';
import { flawIn } from '../../../src/drivers/http/answer-rules.js';
import { sendObject } from '../../../src/drivers/send.js';
import {
  SWIFT_ANSWERS,
  SWIFT_PROTOCOL,
  type SwiftOperation,
} from '../../../src/drivers/swift/answers.js';
import { BARE_200, LOGIN_PAGE } from '../../fakes/scripted-faults.js';
import type { Operation } from '../../fakes/swift/request.js';
import { type FakeSwift, startFakeSwift } from '../../fakes/swift/server.js';
import {
  call,
  contentOf,
  listKeys,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { CONTAINER, openFailingFake } from '../failing-fake.js';
import { wrapInEveryLayer } from '../layers/every-layer.js';
import { openFake } from './open.js';

const container = CONTAINER;
const ref = { container, key: 'folder/object' };
const described = { ...plain, metaData: { mtime: '1' } };
let fake: FakeSwift;
let swift: Backend;

beforeEach(async () => {
  const opened = await openFailingFake(startFakeSwift, openFake);
  ({ fake, backend: swift } = opened);
  return opened.close;
});

const parts = (backend: Backend) => backend.capabilities.multipart!;
const begun = () => parts(swift).begin(ref, plain, call);
const PART = bytesBody(Buffer.from('part'));

type Asked = Exclude<
  Operation,
  'Unknown' | 'Cdn' | 'PostAccount' | 'PostContainer' | 'PutMark' | 'GetMark'
>;

/** Something that asks for the operation, and what must be there before. */
const ASKING: Readonly<Record<Asked, () => Promise<() => Promise<unknown>>>> = {
  Authenticate: async () => () => openFake(fake).listContainers({}, call),
  Info: async () => () =>
    openFake(fake, { temp_url_key: 'k' }).capabilities.cdn!.objectUrl(ref, call),
  ListContainers: async () => () => swift.listContainers({}, call),
  PutContainer: async () => () => swift.createContainer('another', call),
  DeleteContainer: async () => () => swift.deleteContainer(container, call),
  ListObjects: async () => () => listKeys(swift, container),
  BulkDelete: async () => () =>
    swift.capabilities.batchDelete!.deleteObjects(container, ['a'], call),
  PutObject: async () => () => put(swift, ref, 'x'),
  CopyObject: async () => {
    await put(swift, { container, key: 'from' }, 'x');
    return () =>
      swift.capabilities.copy!.copyObject({ container, key: 'from' }, ref, undefined, call);
  },
  GetObject: async () => {
    await put(swift, ref, 'x');
    return async () => readAll(await swift.readObject(ref, undefined, call));
  },
  HeadObject: async () => {
    await put(swift, ref, 'x');
    return () => swift.headObject(ref, call);
  },
  PostObject: async () => {
    await put(swift, ref, 'x');
    return () => swift.capabilities.copy!.copyObject(ref, ref, { ...described }, call);
  },
  DeleteObject: async () => () => swift.deleteObject(ref, call),
  PutSegment: async () => {
    const token = await begun();
    return () => parts(swift).uploadPart(token, 1, PART, call);
  },
  PutManifest: async () => {
    const token = await begun();
    const part = await parts(swift).uploadPart(token, 1, PART, call);
    return () => parts(swift).complete(token, [part], call);
  },
};

describe.each(Object.keys(ASKING) as Asked[])('Swift client: the answer to %s', (operation) => {
  test.each([
    ['a login page with status 200', LOGIN_PAGE],
    ['200 and nothing else', BARE_200],
    ['201 and nothing else', { ...BARE_200, status: 201 }],
    ['204 and nothing else', { ...BARE_200, status: 204 }],
    [
      'a redirect to a login page',
      {
        ...LOGIN_PAGE,
        status: 302,
        headers: { location: 'http://portal/', 'content-type': 'text/html' },
      },
    ],
    ['a demand to log in to the network', { ...LOGIN_PAGE, status: 511 }],
  ] as const)('is not believed when it is %s', async (_, answer) => {
    const ask = await ASKING[operation]();
    fake.faults.always(operation, answer);
    const error = await rejection(ask());
    expect(error).toBeInstanceOf(UnprovenAnswerError);
    expect(error).toBeInstanceOf(TargetUnavailableError);
    expect(error).toMatchObject({ driver: 'swift', retry: 'backoff' });
    expect(error.message).toMatch(new RegExp(`answered ${answer.status}, but not as Swift`));
  });

  test('is asked for again after a login page, and then believed', async () => {
    swift = wrapInEveryLayer(swift);
    const ask = await ASKING[operation]();
    fake.faults.next(operation, LOGIN_PAGE);
    // These are not repeated: the first request may have had its effect.
    if (['PutContainer', 'DeleteContainer', 'Authenticate', 'Info'].includes(operation))
      await rejection(ask());
    await ask();
    expect(fake.count(operation)).toBeGreaterThan(1);
  });
});

test.each([
  ['201 and nothing else', { ...BARE_200, status: 201 }],
  ['a login page', LOGIN_PAGE],
])(
  'Swift client: a put that is answered by %s counts when a look finds what was sent',
  async (_, answer) => {
    for (const body of [bytesBody(randomContent(100)), streamedBody(randomContent(100))]) {
      fake.faults.next('PutObject', { ...answer, done: true });
      const before = fake.count('PutObject');
      const sent = await sendObject(swift, ref, body, described, { ...call, verifyHash: true });
      expect(sent.info).toMatchObject({
        size: 100,
        metaData: described.metaData,
        checksums: [sent.checksum],
      });
      expect(fake.count('PutObject')).toBe(before + 1);
    }
  },
);

test('Swift client: a copy and a completion without a usable answer count when a look finds their object', async () => {
  await put(swift, { container, key: 'from' }, 'x');
  fake.faults.next('CopyObject', { ...BARE_200, done: true });
  const copied = await swift.capabilities.copy!.copyObject(
    { container, key: 'from' },
    ref,
    { ...described },
    call,
  );
  expect(copied).toMatchObject({ size: 1, metaData: described.metaData });
  const token = await begun();
  const part = await parts(swift).uploadPart(token, 1, PART, call);
  fake.faults.next('PutManifest', { ...LOGIN_PAGE, done: true });
  expect(await parts(swift).complete(token, [part], call)).toMatchObject({ key: ref.key, size: 4 });
  expect(await contentOf(swift, ref)).toBe('part');
});

test('P4: Swift client: a 404 without a header of Swift does not say that an object or a container is gone', async () => {
  await put(swift, ref, 'x');
  const page = { ...LOGIN_PAGE, status: 404 };
  fake.faults.next('HeadObject', page);
  expect(await rejection(swift.headObject(ref, call))).toBeInstanceOf(UnprovenAnswerError);
  fake.faults.next('DeleteObject', page);
  expect(await rejection(swift.deleteObject(ref, call))).toBeInstanceOf(UnprovenAnswerError);
  fake.faults.next('ListObjects', page);
  expect(await rejection(swift.headContainer(container, call))).toBeInstanceOf(UnprovenAnswerError);
  fake.faults.next('GetObject', { ...page, status: 416 });
  expect(await rejection(swift.readObject(ref, { start: 5 }, call))).toBeInstanceOf(
    UnprovenAnswerError,
  );
  expect(await contentOf(swift, ref)).toBe('x');
});

test('Swift client: an answer of Swift without an ETag does not confirm a put', async () => {
  fake.faults.next('PutObject', { ...BARE_200, status: 201, headers: { 'x-trans-id': 'tx1' } });
  const error = await rejection(put(swift, ref, 'x'));
  expect(error).toBeInstanceOf(UnprovenAnswerError);
  expect(error.message).toContain('answered 201, but not as Swift does: no etag');
  expect(await listKeys(swift, container)).toEqual([]);
});

test('Swift client: a listing whose entries have no size is not believed', async () => {
  const entry = JSON.stringify([{ name: 'a' }]);
  fake.faults.next('ListObjects', {
    ...BARE_200,
    headers: { 'x-trans-id': 'tx1', 'content-type': 'application/json' },
    body: entry,
  });
  expect(await rejection(listKeys(swift, container))).toMatchObject({ retry: 'backoff' });
});

/** Answers as real servers give them: captured from OpenStack Swift and from Ceph's Swift API. */
const REAL: readonly (readonly [
  server: string,
  operation: SwiftOperation,
  status: number,
  headers: Record<string, string>,
  body: string,
])[] = [
  [
    'Swift',
    'putContainer',
    201,
    { 'content-type': 'text/html; charset=UTF-8', 'content-length': '0', 'x-trans-id': 'tx1' },
    '',
  ],
  [
    'Swift',
    'putObject',
    201,
    { 'content-type': 'text/html; charset=UTF-8', etag: '5d41402abc4b2a76b9719d911017c592' },
    '',
  ],
  [
    'Swift',
    'putManifest',
    201,
    { etag: '"7904863e28b5ae5a4b5d41dc361b3217"', 'x-trans-id': 'tx1' },
    '',
  ],
  [
    'Swift',
    'postObject',
    202,
    { 'content-type': 'text/html', 'x-trans-id': 'tx1' },
    '<html><h1>Accepted</h1></html>',
  ],
  [
    'Swift',
    'deleteObject',
    204,
    { 'content-type': 'text/html; charset=UTF-8', 'x-openstack-request-id': 'tx1' },
    '',
  ],
  [
    'Ceph',
    'postAccount',
    204,
    { 'x-trans-id': 'tx1-default', 'content-type': 'text/plain; charset=utf-8' },
    '',
  ],
  [
    'Ceph',
    'getContainer',
    200,
    { 'x-trans-id': 'tx1-default', 'content-type': 'application/json; charset=utf-8' },
    '[]',
  ],
  ['Swift', 'getContainer', 204, { 'x-container-object-count': '0' }, ''],
];

test.each(REAL)(
  'Swift answers: believe what %s gives for %s',
  (_, operation, status, headers, body) => {
    expect(
      flawIn({ status, headers, body }, SWIFT_ANSWERS[operation], SWIFT_PROTOCOL, { action: 'x' }),
    ).toBeUndefined();
  },
);
