import { beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import {
  ObjectDoesNotExistError,
  ObjectIncompleteError,
  UnprovenAnswerError,
} from '../../../src/drivers/errors.js';
import { flawIn } from '../../../src/drivers/http/answer-rules.js';
import {
  SWIFT_ANSWERS,
  SWIFT_PROTOCOL,
  type SwiftOperation,
} from '../../../src/drivers/swift/answers.js';
import { BARE_200, LOGIN_PAGE } from '../../fakes/scripted-faults.js';
import { type FakeSwift, startFakeSwift } from '../../fakes/swift/server.js';
import { call, listKeys, put, readAll, rejection } from '../conformance/fixture.js';
import { openFailingFake } from '../failing-fake.js';
import { CONTAINER, REF } from '../faults/steps.js';
import { openFake } from './open.js';

const container = CONTAINER;
const ref = REF;
let fake: FakeSwift;
let swift: Backend;

beforeEach(async () => {
  const opened = await openFailingFake(startFakeSwift, openFake);
  ({ fake, backend: swift } = opened);
  return opened.close;
});

test.each([
  ['a login page with status 200', LOGIN_PAGE],
  ['200 and nothing else', BARE_200],
  ['201 and nothing else', { ...BARE_200, status: 201 }],
  ['204 and nothing else', { ...BARE_200, status: 204 }],
  ['a redirect to a login page', { ...LOGIN_PAGE, status: 302 }],
  ['a demand to log in to the network', { ...LOGIN_PAGE, status: 511 }],
])('Swift client: an identity service is not believed when it answers %s', async (_, answer) => {
  const another = openFake(fake);
  fake.faults.next('Authenticate', answer);
  const error = await rejection(another.listContainers({}, call));
  expect(error).toBeInstanceOf(UnprovenAnswerError);
  expect(error).toMatchObject({ driver: 'swift', retry: 'backoff' });
  expect(error.message).toMatch(new RegExp(`answered ${answer.status}, but not as Swift`));
  await another.listContainers({}, call);
  expect(fake.count('Authenticate')).toBe(3);
  await another.close();
});

test('P4: Swift client: a 404 without a header of Swift does not say that an object or a container is gone', async () => {
  const page = { ...LOGIN_PAGE, status: 404 };
  fake.faults.next('HeadObject', page);
  expect(await rejection(swift.headObject(ref, call))).toBeInstanceOf(UnprovenAnswerError);
  fake.faults.next('ListObjects', page);
  expect(await rejection(swift.headContainer(container, call))).toBeInstanceOf(UnprovenAnswerError);
});

test('Swift client: an object is missing when all replicas say so: the first 404 may be of one that is being replaced', async () => {
  await put(swift, ref, 'stored');
  const missing = { ...BARE_200, status: 404, headers: { 'x-trans-id': 'tx1' } };
  fake.faults.next('GetObject', missing);
  expect(String(await readAll(await swift.readObject(ref, undefined, call)))).toBe('stored');
  fake.faults.next('GetObject', missing, 2);
  expect(await rejection(swift.readObject(ref, undefined, call))).toBeInstanceOf(
    ObjectDoesNotExistError,
  );
});

test('P3: Swift client: a HEAD that finds nothing is asked of all replicas before it is believed', async () => {
  await put(swift, ref, 'stored');
  const missing = { ...BARE_200, status: 404, headers: { 'x-trans-id': 'tx1' } };
  fake.faults.next('HeadObject', missing);
  expect(await swift.headObject(ref, call)).toMatchObject({ size: 6 });
  expect(fake.log.at(-1)?.headers['x-newest']).toBe('true');
  fake.faults.next('HeadObject', missing, 2);
  expect(await rejection(swift.headObject(ref, call))).toBeInstanceOf(ObjectDoesNotExistError);
});

test('Swift client: a content with a missing segment is the error of an incomplete object', async () => {
  await put(swift, ref, 'stored');
  fake.faults.next('GetObject', { kind: 'refuse', status: 409 });
  const error = await rejection(swift.readObject(ref, undefined, call));
  expect(error).toBeInstanceOf(ObjectIncompleteError);
  expect(error).toMatchObject({ retry: 'backoff', objectName: ref.key });
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
