import { inspect } from 'node:util';
import { beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody, streamBody } from '../../../src/drivers/body.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  ObjectAccessDeniedError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  StorageError,
  TargetFullError,
  TargetUnavailableError,
  ThrottledError,
} from '../../../src/drivers/errors.js';
import { sendObject } from '../../../src/drivers/send.js';
import { createDriver } from '../../../src/drivers/storage.js';
import { SECRET } from '../../fakes/swift/identity.js';
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

const MIB = 2 ** 20;
const container = CONTAINER;
const ref = { container, key: 'folder/object' };
let fake: FakeSwift;
let swift: Backend;

beforeEach(async () => {
  const opened = await openFailingFake(startFakeSwift, openFake);
  ({ fake, backend: swift } = opened);
  return opened.close;
});

test.each([
  [500, {}, StorageError, 'backoff'],
  [503, {}, ThrottledError, 'backoff'],
  [503, { 'retry-after': '7' }, ThrottledError, { afterMs: 7000 }],
  [498, { 'retry-after': '1' }, ThrottledError, { afterMs: 1000 }],
  [429, {}, ThrottledError, 'backoff'],
  [502, {}, TargetUnavailableError, 'backoff'],
  [507, {}, TargetFullError, 'never'],
  [408, {}, StorageError, 'backoff'],
  [413, {}, StorageError, 'never'],
  [400, {}, StorageError, 'never'],
  [403, {}, ObjectAccessDeniedError, 'never'],
  [422, {}, ObjectHashMismatchError, 'backoff'],
  [202, {}, StorageError, 'backoff'],
])(
  'Swift client: the error for %i %j says when to try again',
  async (status, headers, type, retry) => {
    fake.faults.next('PutObject', { kind: 'refuse', status, headers });
    const error = await rejection(put(swift, ref, 'x'));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ driver: 'swift', retry });
    if (status !== 202)
      expect(error).toMatchObject({ requestId: expect.stringMatching(/^tx-fake-\d+$/) });
  },
);

test('P2: 202 means that nothing was stored: no object, no copy, and nothing made of parts', async () => {
  await put(swift, ref, 'x');
  const { copy, multipart } = swift.capabilities;
  fake.faults.next('CopyObject', { kind: 'refuse', status: 202 });
  const copied = copy!.copyObject(ref, { container, key: 'to' }, undefined, call);
  expect(await rejection(copied)).toMatchObject({ name: 'ObjectError', retry: 'backoff' });
  const token = await multipart!.begin(ref, plain, call);
  const part = await multipart!.uploadPart(token, 1, bytesBody(randomContent(10)), call);
  fake.faults.next('PutManifest', { kind: 'refuse', status: 202 });
  expect(await rejection(multipart!.complete(token, [part], call))).toMatchObject({
    name: 'ObjectError',
    retry: 'backoff',
  });
  expect(await multipart!.complete(token, [part], call)).toMatchObject({ size: 10 });
});

test('P2: bytes that are in memory, and those whose digest is known, go with it, so that Swift itself refuses others', async () => {
  const content = randomContent(100);
  const digest = checksumOf('md5', content);
  const sentEtag = (operation: string) =>
    fake.log.findLast((each) => each.operation === operation)?.headers['etag'];
  await put(swift, ref, content);
  expect(sentEtag('PutObject')).toBe(digest.hex);
  await put(swift, ref, 'x');
  await swift.putObject(ref, streamedBody(content), { ...plain, checksums: [digest] }, call);
  expect(sentEtag('PutObject')).toBe(digest.hex);
  const multipart = swift.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  await multipart.uploadPart(token, 1, bytesBody(content), call);
  expect(sentEtag('PutSegment')).toBe(digest.hex);
  await multipart.abort(token, call);
});

test('a Retry-After is waited for, and the put goes through', async () => {
  fake.faults.next(
    'PutObject',
    { kind: 'refuse', status: 503, headers: { 'retry-after': '0' } },
    2,
  );
  await put(wrapInEveryLayer(swift), ref, 'content');
  expect(fake.count('PutObject')).toBe(3);
});

test('G2: a connection that is reset in the middle of a body leaves what was there', async () => {
  await put(swift, ref, 'as before');
  fake.faults.next('PutObject', { kind: 'reset', afterBytes: MIB });
  const error = await rejection(
    swift.putObject(ref, streamedBody(randomContent(8 * MIB)), plain, call),
  );
  expect(error).toBeInstanceOf(TargetUnavailableError);
  expect(error).toMatchObject({ retry: 'backoff' });
  expect(await contentOf(swift, ref)).toBe('as before');
});

test('Swift client: a server that never answers, or stops in the middle of an answer, times out', async () => {
  await put(swift, ref, 'content');
  fake.faults.next('HeadObject', { kind: 'stall' });
  expect(await rejection(swift.headObject(ref, call))).toBeInstanceOf(TargetUnavailableError);
  fake.faults.next('GetObject', { kind: 'stall-body', afterBytes: 3 });
  expect(await rejection(readAll(await swift.readObject(ref, undefined, call)))).toBeInstanceOf(
    TargetUnavailableError,
  );
});

test('what Swift is known to take its time for may be silent for longer', async () => {
  const hasty = openFake(fake, { timeout: '150ms' });
  const { multipart, copy, batchDelete } = hasty.capabilities;
  const token = await multipart!.begin(ref, plain, call);
  const part = await multipart!.uploadPart(token, 1, bytesBody(randomContent(10)), call);
  await put(swift, { container, key: 'from' }, 'x');
  for (const operation of ['PutManifest', 'CopyObject', 'BulkDelete', 'ListContainers'] as const) {
    fake.faults.next(operation, { kind: 'late', afterMs: 2_000 });
  }
  const outcomes = await Promise.all([
    multipart!.complete(token, [part], call),
    copy!.copyObject({ container, key: 'from' }, { container, key: 'to' }, undefined, call),
    batchDelete!.deleteObjects(container, ['x'], call),
    rejection(hasty.listContainers({}, call)),
  ]);
  expect(outcomes[3]).toBeInstanceOf(TargetUnavailableError);
  await hasty.close();
});

test('an answer that is cut short is an error: of an object, of a listing', async () => {
  await put(swift, ref, randomContent(100_000));
  fake.faults.next('GetObject', { kind: 'truncate', afterBytes: 50_000 });
  expect(await rejection(readAll(await swift.readObject(ref, undefined, call)))).toBeInstanceOf(
    TargetUnavailableError,
  );
  fake.faults.next('ListObjects', { kind: 'truncate', afterBytes: 30 });
  expect(await rejection(listKeys(swift, container))).toBeInstanceOf(TargetUnavailableError);
});

test('P2: an ETag that is not that of the bytes sent is a hash mismatch: of an object, a segment and a whole upload', async () => {
  const content = randomContent(1000);
  const multipart = swift.capabilities.multipart!;
  for (const body of [bytesBody(content), streamedBody(content)]) {
    fake.faults.next('PutObject', { kind: 'wrong-etag' });
    expect(await rejection(swift.putObject(ref, body, plain, call))).toBeInstanceOf(
      ObjectHashMismatchError,
    );
    const token = await multipart.begin(ref, plain, call);
    fake.faults.next('PutSegment', { kind: 'wrong-etag' });
    expect(await rejection(multipart.uploadPart(token, 1, body, call))).toBeInstanceOf(
      ObjectHashMismatchError,
    );
    const part = await multipart.uploadPart(token, 1, body, call);
    fake.faults.next('PutManifest', { kind: 'wrong-etag' });
    expect(await rejection(multipart.complete(token, [part], call))).toBeInstanceOf(
      ObjectHashMismatchError,
    );
  }
});

test('a token that expires in the middle of a run is replaced once, for all requests that meet it', async () => {
  for (let i = 0; i < 10; i += 1) await put(swift, { container, key: `k${i}` }, 'x');
  fake.rules.valid.clear();
  const heads = Array.from({ length: 10 }, (_, i) =>
    swift.headObject({ container, key: `k${i}` }, call),
  );
  expect((await Promise.all(heads)).map(({ size }) => size)).toEqual(
    Array.from({ length: 10 }, () => 1),
  );
  expect(fake.count('Authenticate')).toBe(2);
  fake.rules.valid.clear();
  await swift.putObject(ref, streamedBody(randomContent(3 * MIB)), plain, call);
  expect((await swift.headObject(ref, call)).size).toBe(3 * MIB);
});

test('a body that can be opened once is sent once, and the next try has a new token', async () => {
  await put(swift, ref, 'as before');
  fake.rules.valid.clear();
  let opened = 0;
  const source = async function* () {
    opened += 1;
    yield randomContent(1000);
  };
  const error = await rejection(swift.putObject(ref, streamBody(source(), 1000), plain, call));
  expect(error).toMatchObject({ retry: { afterMs: 0 } });
  expect({ opened, puts: fake.count('PutObject') }).toEqual({ opened: 1, puts: 2 });
  expect(await contentOf(swift, ref)).toBe('as before');
  await swift.putObject(ref, streamBody(source(), 1000), plain, call);
});

test('Swift client: a new token that is refused is an error of credentials, and no loop', async () => {
  fake.faults.next('HeadObject', { kind: 'refuse', status: 401 }, 2);
  expect(await rejection(swift.headObject(ref, call))).toBeInstanceOf(InvalidCredentialsError);
  expect(fake.count('Authenticate')).toBe(2);
});

test('Swift client: distinguishes rights missing for an object, for a container, and for the account', async () => {
  fake.faults.next('HeadObject', { kind: 'refuse', status: 403 });
  expect(await rejection(swift.headObject(ref, call))).toBeInstanceOf(ObjectAccessDeniedError);
  fake.faults.next('ListObjects', { kind: 'refuse', status: 403 });
  expect(await rejection(listKeys(swift, container))).toBeInstanceOf(ContainerAccessDeniedError);
  fake.faults.next('ListContainers', { kind: 'refuse', status: 403 });
  expect(await rejection(swift.listContainers({}, call))).toBeInstanceOf(InvalidCredentialsError);
});

test('a bulk delete is read key by key: what was refused, and what the count does not cover, is not deleted', async () => {
  const { batchDelete } = swift.capabilities;
  for (const key of ['a', 'b é', 'c']) await put(swift, { container, key }, key);
  fake.faults.next('BulkDelete', { kind: 'refuse-keys', keys: { 'b é': '403 Forbidden' } });
  const failures = await batchDelete!.deleteObjects(container, ['a', 'b é', 'missing'], call);
  expect([...failures.keys()]).toEqual(['b é']);
  expect(failures.get('b é')).toBeInstanceOf(ObjectAccessDeniedError);
  fake.faults.next('BulkDelete', { kind: 'miscount' });
  const unknown = await batchDelete!.deleteObjects(container, ['b é', 'c'], call);
  expect([...unknown.keys()]).toEqual(['b é', 'c']);
  expect(unknown.get('c')).toMatchObject({ retry: 'backoff' });
});

test('where there is no bulk delete each object has its own fate', async () => {
  fake.rules.hasBulkDelete = false;
  const { batchDelete } = swift.capabilities;
  for (const key of ['a', 'b']) await put(swift, { container, key }, key);
  fake.faults.next('DeleteObject', { kind: 'refuse', status: 403 });
  const failures = await batchDelete!.deleteObjects(container, ['a', 'b', 'missing'], call);
  expect([...failures.values()]).toEqual([expect.any(ObjectAccessDeniedError)]);
  expect(await listKeys(swift, container)).toEqual([...failures.keys()]);
  const stop = new AbortController();
  fake.faults.next('DeleteObject', { kind: 'stall' });
  const deleting = batchDelete!.deleteObjects(container, ['a', 'b'], { signal: stop.signal });
  await expect.poll(() => fake.faults.left).toBe(0);
  stop.abort(new Error('enough'));
  expect((await rejection(deleting)).message).toBe('enough');
});

test('names too long for a bulk delete go alone, and keep no others from going', async () => {
  const keys = ['a', 'é'.repeat(500), 'z'];
  for (const key of keys) await put(swift, { container, key }, key);
  expect(await swift.capabilities.batchDelete!.deleteObjects(container, keys, call)).toEqual(
    new Map(),
  );
  expect(await listKeys(swift, container)).toEqual([]);
  expect({ together: fake.count('BulkDelete'), alone: fake.count('DeleteObject') }).toEqual({
    together: 1,
    alone: 1,
  });
});

test('Swift bulk delete: failures of other objects, and entries that are no failures, do not affect the requested ones', async () => {
  const errors = [
    ['/elsewhere/a', '403 Forbidden'],
    [`/${container}/b`, '403 Forbidden'],
    ['%', '403 Forbidden'],
    [`/${container}/a`],
    'aa',
  ];
  fake.faults.next('BulkDelete', { kind: 'say', answer: bulkAnswer({ Errors: errors }) });
  expect(await swift.capabilities.batchDelete!.deleteObjects(container, ['a'], call)).toEqual(
    new Map(),
  );
});

test.each([
  ['nothing', ''],
  ['no document', 'deleted'],
  ['no number of those deleted', bulkAnswer({ 'Number Deleted': '0' })],
  ['no number of those missing', bulkAnswer({ 'Number Not Found': null })],
  ['no list of failures', bulkAnswer({ Errors: undefined })],
])(
  'a service that answers a bulk delete with %s has none, and is not asked again',
  async (_what, answer) => {
    for (const key of ['a', 'b']) await put(swift, { container, key }, key);
    fake.faults.next('BulkDelete', { kind: 'say', answer });
    for (const key of ['a', 'b'])
      expect(await swift.capabilities.batchDelete!.deleteObjects(container, [key], call)).toEqual(
        new Map(),
      );
    expect(await listKeys(swift, container)).toEqual([]);
    expect({ together: fake.count('BulkDelete'), alone: fake.count('DeleteObject') }).toEqual({
      together: 1,
      alone: 2,
    });
  },
);

function bulkAnswer(more: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    'Response Status': '200 OK',
    'Number Deleted': 0,
    'Number Not Found': 1,
    Errors: [],
    ...more,
  });
}

test('a listing that takes no notice of its marker is an error, not a loop', async () => {
  fake.rules.pageLimit = 1;
  for (const key of ['a', 'b', 'c']) await put(swift, { container, key }, key);
  fake.faults.next('ListObjects', { kind: 'ignore-marker' }, 3); // of the look at the container, and of two pages
  const driver = createDriver(swift);
  const listing = driver
    .getContainer(container)
    .then((found) => driver.listContainerObjects(found));
  expect((await rejection(listing)).message).toContain('does not advance');
});

test('P5: a completion whose answer was lost has happened: sent again, it finds the object that it made', async () => {
  const multipart = swift.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  const content = randomContent(10);
  const part = await multipart.uploadPart(token, 1, bytesBody(content), call);
  fake.faults.next('PutManifest', { kind: 'lose-answer' });
  await rejection(multipart.complete(token, [part], call));
  // It may still come through, so its segments are left alone.
  expect(await rejection(multipart.abort(token, call))).toBeInstanceOf(StorageError);
  expect(await multipart.complete(token, [part], call)).toMatchObject({ key: ref.key, size: 10 });
  expect(await multipart.complete(token, [part], call)).toMatchObject({ key: ref.key, size: 10 });
  expect((await readAll(await swift.readObject(ref, undefined, call))).equals(content)).toBe(true);
  await put(swift, ref, 'another writer');
  expect(await rejection(multipart.complete(token, [part], call))).toBeInstanceOf(
    ObjectDoesNotExistError,
  );
});

test('P5: an upload in parts goes on with another process: only missing parts are sent', async () => {
  const content = randomContent(5 * MIB + 3);
  const multipart = swift.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  for (const number of [1, 3]) {
    await multipart.uploadPart(
      token,
      number,
      bytesBody(content.subarray((number - 1) * 2 * MIB, number * 2 * MIB)),
      call,
    );
  }
  const again = openFake(fake);
  const resume = { token, keep: async () => {} };
  const settings = {
    signal: call.signal,
    verifyHash: true,
    resume,
    partsAbove: MIB,
    partSize: 2 * MIB,
  };
  await sendObject(again, ref, bytesBody(content), plain, settings);
  expect(fake.count('PutSegment')).toBe(3);
  expect((await readAll(await again.readObject(ref, undefined, call))).equals(content)).toBe(true);
  await again.close();
});

test('a container that is deleted while it is used is missing, for every operation', async () => {
  await put(swift, ref, 'x');
  fake.rules.store.containers.delete(container);
  expect(await rejection(put(swift, ref, 'y'))).toBeInstanceOf(ContainerDoesNotExistError);
  expect(await rejection(listKeys(swift, container))).toBeInstanceOf(ContainerDoesNotExistError);
  expect(await rejection(swift.capabilities.multipart!.begin(ref, plain, call))).toBeInstanceOf(
    ContainerDoesNotExistError,
  );
});

test('P9: no error and no listing of a backend shows a secret or a token', async () => {
  const wrong = openFake(fake, { secret: 'wrong-secret-of-mine' });
  const errors = [await rejection(put(wrong, ref, 'x'))];
  expect(errors[0]).toBeInstanceOf(InvalidCredentialsError);
  fake.faults.next('PutObject', { kind: 'reset', afterBytes: 10 });
  errors.push(await rejection(put(swift, ref, 'more than ten bytes')));
  for (const shown of [...errors, wrong, swift].map(
    (each) => inspect(each, { depth: 12, showHidden: true }) + JSON.stringify(each),
  )) {
    for (const secret of [SECRET, 'wrong-secret-of-mine', ...fake.rules.issued])
      expect(shown).not.toContain(secret);
  }
  await wrong.close();
});
