import { inspect } from 'node:util';
import { beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody, streamBody } from '../../../src/drivers/body.js';
import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  ObjectAccessDeniedError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  PreconditionFailedError,
  StorageError,
  TargetUnavailableError,
  ThrottledError,
} from '../../../src/drivers/errors.js';
import { createHttpClient } from '../../../src/drivers/http/http-client.js';
import { createS3Client } from '../../../src/drivers/s3/client.js';
import { conditionalWrites } from '../../../src/drivers/s3/conditional-write.js';
import { addressing } from '../../../src/drivers/s3/endpoint.js';
import { etagMeaning } from '../../../src/drivers/s3/etag.js';
import { objectHeaders } from '../../../src/drivers/s3/object-headers.js';
import { objectOperations } from '../../../src/drivers/s3/objects.js';
import { findProfile } from '../../../src/drivers/s3/profiles.js';
import { streamedBodies } from '../../../src/drivers/s3/streamed-bodies.js';
import { sendObject } from '../../../src/drivers/send.js';
import { createDriver } from '../../../src/drivers/storage.js';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { s3Dialect } from '../../faults/dialect.js';
import { startFaultProxy } from '../../faults/fault-proxy.js';
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
import { openFake, settingsOf } from './open.js';

const MIB = 2 ** 20;
const container = CONTAINER;
const ref = { container, key: 'folder/object' };
let fake: FakeS3;
let s3: Backend;

beforeEach(async () => {
  const opened = await openFailingFake(startFakeS3, openFake);
  ({ fake, backend: s3 } = opened);
  return opened.close;
});

test.each([
  [500, 'InternalError', {}, StorageError, 'backoff'],
  [503, 'SlowDown', {}, ThrottledError, 'backoff'],
  [503, 'SlowDown', { 'retry-after': '7' }, ThrottledError, { afterMs: 7000 }],
  [429, 'TooManyRequests', { 'retry-after': '1' }, ThrottledError, { afterMs: 1000 }],
  [502, 'BadGateway', {}, TargetUnavailableError, 'backoff'],
  [400, 'RequestTimeout', {}, StorageError, 'backoff'],
  [400, 'InvalidRequest', {}, StorageError, 'never'],
  [403, 'AccessDenied', {}, ObjectAccessDeniedError, 'never'],
  [403, 'SignatureDoesNotMatch', {}, InvalidCredentialsError, 'never'],
])(
  'S3 client: the error for %i %s %j says when to try again, and has the request id',
  async (status, code, headers, type, retry) => {
    fake.faults.next('PutObject', { kind: 'refuse', status, code, headers });
    const error = await rejection(put(s3, ref, 'x'));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({
      driver: 's3',
      retry,
      requestId: expect.stringMatching(/^fake-\d+$/),
    });
    expect(error.message).toContain(code);
  },
);

test('G2: a connection that is reset in the middle of a body leaves what was there, and can be retried', async () => {
  await put(s3, ref, 'as before');
  fake.faults.next('PutObject', { kind: 'reset', afterBytes: MIB });
  const error = await rejection(
    s3.putObject(ref, streamedBody(randomContent(8 * MIB)), plain, call),
  );
  expect(error).toBeInstanceOf(TargetUnavailableError);
  expect(error).toMatchObject({ retry: 'backoff' });
  expect(await contentOf(s3, ref)).toBe('as before');
});

test('S3 client: a server that never answers, or stops in the middle of an answer, times out', async () => {
  await put(s3, ref, 'content');
  fake.faults.next('HeadObject', { kind: 'stall' });
  const error = await rejection(s3.headObject(ref, call));
  expect(error).toBeInstanceOf(TargetUnavailableError);
  expect(error).toMatchObject({ retry: 'backoff' });
  fake.faults.next('GetObject', { kind: 'stall-body', afterBytes: 3 });
  expect(await rejection(readAll(await s3.readObject(ref, undefined, call)))).toBeInstanceOf(
    TargetUnavailableError,
  );
});

test('what a provider is known to take its time for may be silent for longer', async () => {
  const hasty = openFake(fake, { timeout: '150ms' });
  const { multipart, copy } = hasty.capabilities;
  const token = await multipart!.begin(ref, plain, call);
  const part = await multipart!.uploadPart(token, 1, bytesBody(randomContent(10)), call);
  await put(s3, { container, key: 'from' }, 'x');
  for (const operation of ['CompleteMultipartUpload', 'CopyObject', 'HeadBucket'] as const) {
    fake.faults.next(operation, { kind: 'late', afterMs: 2_000 });
  }
  const outcomes = await Promise.all([
    multipart!.complete(token, [part], call),
    copy!.copyObject({ container, key: 'from' }, { container, key: 'to' }, undefined, call),
    rejection(hasty.headContainer(container, call)),
  ]);
  expect(outcomes[2]).toBeInstanceOf(TargetUnavailableError);
  await hasty.close();
});

test('an answer that is cut short is an error: of an object, of a listing', async () => {
  await put(s3, ref, randomContent(100_000));
  fake.faults.next('GetObject', { kind: 'truncate', afterBytes: 50_000 });
  expect(await rejection(readAll(await s3.readObject(ref, undefined, call)))).toBeInstanceOf(
    TargetUnavailableError,
  );
  fake.faults.next('ListObjects', { kind: 'truncate', afterBytes: 200 });
  expect(await rejection(listKeys(s3, container))).toBeInstanceOf(TargetUnavailableError);
});

test('P2: an ETag that is not that of the bytes sent is a hash mismatch: of an object, a part and a whole upload', async () => {
  const content = randomContent(1000);
  fake.faults.next('PutObject', { kind: 'wrong-etag' });
  const settings = { signal: call.signal, verifyHash: true };
  expect(await rejection(sendObject(s3, ref, bytesBody(content), plain, settings))).toBeInstanceOf(
    ObjectHashMismatchError,
  );
  const multipart = s3.capabilities.multipart!;
  for (const body of [bytesBody(content), streamedBody(content)]) {
    const token = await multipart.begin(ref, plain, call);
    fake.faults.next('UploadPart', { kind: 'wrong-etag' });
    expect(await rejection(multipart.uploadPart(token, 1, body, call))).toBeInstanceOf(
      ObjectHashMismatchError,
    );
    const part = await multipart.uploadPart(token, 1, body, call);
    fake.faults.next('CompleteMultipartUpload', { kind: 'wrong-etag' });
    expect(await rejection(multipart.complete(token, [part], call))).toBeInstanceOf(
      ObjectHashMismatchError,
    );
  }
});

test('P2: a mismatch is retried, and succeeds when the provider reports the right digest again', async () => {
  const layered = wrapInEveryLayer(s3);
  fake.faults.next('PutObject', { kind: 'refuse', status: 400, code: 'BadDigest' }, 2);
  await put(layered, ref, 'content');
  expect(fake.count('PutObject')).toBe(3);
});

test('200 with an error inside is an error: beginning, completing, copying, deleting together', async () => {
  const { multipart, copy, batchDelete } = s3.capabilities;
  fake.faults.next('CreateMultipartUpload', { kind: 'inside', code: 'SlowDown' });
  expect(await rejection(multipart!.begin(ref, plain, call))).toBeInstanceOf(ThrottledError);
  const token = await multipart!.begin(ref, plain, call);
  const part = await multipart!.uploadPart(token, 1, bytesBody(randomContent(10)), call);
  fake.faults.next('CompleteMultipartUpload', { kind: 'inside', code: 'InternalError' });
  expect(await rejection(multipart!.complete(token, [part], call))).toMatchObject({
    retry: 'backoff',
  });
  await multipart!.complete(token, [part], call);
  fake.faults.next('CopyObject', { kind: 'inside', code: 'SlowDown' });
  expect(
    await rejection(copy!.copyObject(ref, { container, key: 'to' }, undefined, call)),
  ).toBeInstanceOf(ThrottledError);
  fake.faults.next('DeleteObjects', { kind: 'inside', code: 'InternalError' });
  expect(await rejection(batchDelete!.deleteObjects(container, [ref.key], call))).toMatchObject({
    retry: 'backoff',
  });
  expect(await listKeys(s3, container)).toEqual([ref.key]);
});

test('a batch delete is read key by key: what was refused, and what was not mentioned, is not deleted', async () => {
  for (const key of ['a', 'b', 'c']) await put(s3, { container, key }, key);
  fake.faults.next('DeleteObjects', { kind: 'refuse-keys', keys: { b: 'AccessDenied' } });
  const failures = await s3.capabilities.batchDelete!.deleteObjects(
    container,
    ['a', 'b', 'c', 'missing'],
    call,
  );
  expect([...failures.keys()]).toEqual(['b']);
  expect(failures.get('b')).toBeInstanceOf(ObjectAccessDeniedError);
  expect(await listKeys(s3, container)).toEqual(['b']);
  fake.faults.next('DeleteObjects', { kind: 'omit-keys', keys: ['b'] });
  const unknown = await s3.capabilities.batchDelete!.deleteObjects(
    container,
    ['b', 'missing'],
    call,
  );
  expect([...unknown.keys()]).toEqual(['b']);
  expect(unknown.get('b')).toMatchObject({
    retry: 'backoff',
    requestId: expect.stringMatching(/^fake-/),
  });
  fake.faults.next('DeleteObjects', { kind: 'refuse-keys', keys: { missing: 'NoSuchKey' } });
  expect(
    await s3.capabilities.batchDelete!.deleteObjects(container, ['b', 'missing'], call),
  ).toEqual(new Map());
});

test('keys that XML cannot carry go one by one, beside a batch of the others, and each has its own fate', async () => {
  const keys = ['a', 'line\nbreak', 'bell\u0007', ' blank at an end', 'z'];
  for (const key of keys) await put(s3, { container, key }, key);
  fake.faults.next('DeleteObject', { kind: 'refuse', status: 403, code: 'AccessDenied' });
  const failures = await s3.capabilities.batchDelete!.deleteObjects(container, keys, call);
  expect([...failures.values()]).toEqual([expect.any(ObjectAccessDeniedError)]);
  expect(await listKeys(s3, container)).toEqual([...failures.keys()]);
  expect({ together: fake.count('DeleteObjects'), alone: fake.count('DeleteObject') }).toEqual({
    together: 1,
    alone: 3,
  });
});

test('a batch that is aborted in the middle ends with the reason', async () => {
  const stop = new AbortController();
  fake.faults.next('DeleteObject', { kind: 'stall' });
  const deleting = s3.capabilities.batchDelete!.deleteObjects(container, ['bell\u0007'], {
    signal: stop.signal,
  });
  await expect.poll(() => fake.faults.left).toBe(0);
  stop.abort(new Error('enough'));
  expect((await rejection(deleting)).message).toBe('enough');
});

test('S3 client: distinguishes rights missing for an object, for a container, and for the account', async () => {
  await put(s3, ref, 'x');
  const denied = { kind: 'refuse', status: 403, code: 'AccessDenied' } as const;
  fake.faults.next('HeadObject', denied);
  fake.faults.next('GetObject', denied); // the answer to a HEAD says no reason, so the object is asked for
  expect(await rejection(s3.headObject(ref, call))).toBeInstanceOf(ObjectAccessDeniedError);
  fake.faults.next('ListObjects', denied);
  const listing = await rejection(listKeys(s3, container));
  expect(listing).toBeInstanceOf(ContainerAccessDeniedError);
  expect(listing.message).toContain(`container "${container}" was refused: list`);
  fake.faults.next('HeadBucket', denied);
  fake.faults.next('ListObjects', denied);
  expect(await rejection(s3.headContainer(container, call))).toBeInstanceOf(
    ContainerAccessDeniedError,
  );
  fake.faults.next('DeleteObjects', denied);
  const failures = await s3.capabilities.batchDelete!.deleteObjects(container, [ref.key], call);
  expect(failures.get(ref.key)).toBeInstanceOf(ObjectAccessDeniedError);
  fake.faults.next('ListBuckets', denied);
  expect(await rejection(s3.listContainers({}, call))).toBeInstanceOf(InvalidCredentialsError);
});

test('a HEAD that is refused for want of valid credentials says so, and not that a right is missing', async () => {
  await put(s3, ref, 'x');
  fake.rules.accounts = [];
  expect(await rejection(s3.headObject(ref, call))).toBeInstanceOf(InvalidCredentialsError);
  expect(await rejection(s3.headContainer(container, call))).toBeInstanceOf(
    InvalidCredentialsError,
  );
});

test('a HEAD that was refused in passing goes on', async () => {
  await put(s3, ref, 'x');
  fake.faults.next('HeadObject', { kind: 'refuse', status: 403, code: 'AccessDenied' });
  expect((await s3.headObject(ref, call)).size).toBe(1);
  await put(s3, ref, '');
  fake.faults.next('HeadObject', { kind: 'refuse', status: 400, code: 'Whatever' });
  expect((await s3.headObject(ref, call)).size).toBe(0);
});

test('P5: a completion whose answer was lost has happened: sent again, it finds the object that it made', async () => {
  const multipart = s3.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  const part = await multipart.uploadPart(token, 1, bytesBody(randomContent(10)), call);
  fake.faults.next('CompleteMultipartUpload', { kind: 'lose-answer' });
  await rejection(multipart.complete(token, [part], call));
  expect(await multipart.complete(token, [part], call)).toMatchObject({ key: ref.key, size: 10 });
  await put(s3, ref, 'another writer');
  expect(await rejection(multipart.complete(token, [part], call))).toBeInstanceOf(
    ObjectDoesNotExistError,
  );
});

test('an upload in parts keeps its condition to its completion, over a restart as well', async () => {
  const absent = { ...plain, precondition: { ifAbsent: true } } as const;
  const token = await s3.capabilities.multipart!.begin(ref, absent, call);
  const part = await s3.capabilities.multipart!.uploadPart(
    token,
    1,
    bytesBody(randomContent(10)),
    call,
  );
  const { etag } = (await put(s3, ref, 'another writer')).extra;
  const again = openFake(fake);
  const multipart = again.capabilities.multipart!;
  expect(await rejection(multipart.complete(token, [part], call))).toBeInstanceOf(
    PreconditionFailedError,
  );
  expect(await contentOf(s3, ref)).toBe('another writer');
  const matching = await multipart.begin(
    ref,
    { ...plain, precondition: { ifMatch: String(etag) } },
    call,
  );
  const other = await multipart.uploadPart(matching, 1, bytesBody(Buffer.from('ours')), call);
  await multipart.complete(matching, [other], call);
  expect(await contentOf(s3, ref)).toBe('ours');
  await again.close();
});

test('a listing whose token does not advance is an error, not a loop', async () => {
  fake.rules.pageLimit = 1;
  for (const key of ['a', 'b', 'c']) await put(s3, { container, key }, key);
  fake.faults.next('ListObjects', { kind: 'repeat-token' }, 2);
  const driver = createDriver(s3);
  const listing = driver
    .getContainer(container)
    .then((found) => driver.listContainerObjects(found));
  expect((await rejection(listing)).message).toMatch(/not where to go on|advance/);
});

test('P4: a listing out of order is an error: an object that it passes over would be taken for missing', async () => {
  for (const key of ['a', 'b']) await put(s3, { container, key }, key);
  const proxy = await startFaultProxy(`http://${fake.host}:${fake.port}`, s3Dialect);
  const swapped = (body: string) => body.replace('<Key>a<', '<Key>c<');
  proxy.next('list', {
    kind: 'alter',
    alter: (answer) => ({ ...answer, body: Buffer.from(swapped(answer.body.toString())) }),
  });
  const through = openFake(proxy);
  expect((await rejection(listKeys(through, container))).message).toContain(
    '"b" came after "c", which is not UTF-8 byte order',
  );
  expect(await listKeys(through, container)).toEqual(['a', 'b']);
  await through.close();
  await proxy.close();
  proxy.assertUsedUp();
});

test('a clock that is 20 minutes off is corrected by the provider’s, and said', async () => {
  await s3.close();
  fake.rules.skewMs = 20 * 60_000;
  const notices: unknown[] = [];
  s3 = openFake(fake, {}, { notice: (event, fields) => notices.push({ event, ...fields }) });
  await s3.putObject(ref, streamedBody(randomContent(100_000)), plain, call);
  expect((await s3.headObject(ref, call)).size).toBe(100_000);
  expect(notices).toEqual([expect.objectContaining({ seconds: expect.closeTo(1200, -2) })]);
  expect(fake.count('PutObject')).toBe(2);
  expect(fake.count('HeadObject')).toBe(1);
});

test('a HEAD has no body to say it in, and the clock is corrected all the same', async () => {
  await put(s3, ref, 'x');
  fake.rules.skewMs = -20 * 60_000;
  expect((await s3.headObject(ref, call)).size).toBe(1);
});

test('a body that can be opened once is sent once, whatever is learned from the refusal', async () => {
  fake.rules.skewMs = 20 * 60_000;
  let opened = 0;
  const source = async function* () {
    opened += 1;
    yield randomContent(1000);
  };
  const error = await rejection(s3.putObject(ref, streamBody(source(), 1000), plain, call));
  expect(error).toMatchObject({ retry: { afterMs: 0 } });
  expect({ opened, puts: fake.count('PutObject') }).toEqual({ opened: 1, puts: 1 });
  await s3.putObject(ref, streamBody(source(), 1000), plain, call);
});

test('a container in another region is found there, and asked there from then on', async () => {
  fake.rules.region = 'eu-west-3';
  await put(s3, ref, 'x');
  expect(fake.count('PutObject')).toBe(2);
  await put(s3, ref, 'y');
  expect(fake.count('PutObject')).toBe(3);
  expect((await s3.headContainer(container, call)).extra).toMatchObject({ region: 'eu-west-3' });
});

test.each([
  [301, 'PermanentRedirect'],
  [307, 'TemporaryRedirect'],
  [400, 'IllegalLocationConstraintException'],
])('%i %s that names a region is followed there, and never to an address', async (status, code) => {
  const headers = { 'x-amz-bucket-region': 'eu-west-3', location: 'http://127.0.0.1:1/' };
  fake.faults.next('PutObject', { kind: 'refuse', status, code, headers });
  await put(s3, ref, 'x');
  const regions = fake.log.flatMap(({ operation, headers: { authorization = '' } }) =>
    operation === 'PutObject' ? [authorization.split('/')[2]] : [],
  );
  expect(regions).toEqual(['us-east-1', 'eu-west-3']);
  fake.faults.next('PutObject', { kind: 'refuse', status: 307, code: 'TemporaryRedirect' });
  expect(await rejection(put(s3, ref, 'x'))).toMatchObject({ retry: 'backoff' });
});

test.each([301, 307, 400])(
  'a HEAD that is answered %i, and so without a code, is sent where its headers say',
  async (status) => {
    await put(s3, ref, 'x');
    fake.faults.next('HeadObject', {
      kind: 'refuse',
      status,
      code: '',
      headers: { 'x-amz-bucket-region': 'eu-west-3' },
    });
    expect((await s3.headObject(ref, call)).size).toBe(1);
    expect(fake.count('GetObject')).toBe(0);
  },
);

test('S3 client: does not follow redirects from region to region without end', async () => {
  for (const region of ['a', 'b', 'c', 'd'].map((name) => `region-${name}`)) {
    fake.faults.next('PutObject', {
      kind: 'refuse',
      status: 301,
      code: 'PermanentRedirect',
      headers: { 'x-amz-bucket-region': region },
    });
  }
  await rejection(put(s3, ref, 'x'));
  expect(fake.count('PutObject')).toBe(4);
});

test('where containers may be in other regions, theirs is found out before a body that can be sent once', async () => {
  fake.rules.region = 'eu-west-3';
  const settings = settingsOf({ profile: 'aws', host: fake.host, port: fake.port, secure: false });
  const profile = findProfile('aws');
  const http = createHttpClient();
  const client = createS3Client({
    http,
    clock: systemClock,
    credentials: {
      get: async () => ({ accessKeyId: ACCOUNT.accessKey, secretAccessKey: ACCOUNT.secret }),
      refused: async () => false,
    },
    addressOf: addressing(settings, profile),
    region: 'us-east-1',
    manyRegions: true,
    requesterPays: false,
    notice: () => {},
  });
  const etags = etagMeaning('md5', 'md5', false);
  const headers = objectHeaders(settings, profile, systemClock);
  const conditions = conditionalWrites({
    client,
    profile,
    access: headers.access,
    notice: () => {},
  });
  const streams = streamedBodies(profile, settings, () => {});
  const { putObject } = objectOperations({
    client,
    profile,
    settings,
    clock: systemClock,
    etags,
    headers,
    conditions,
    streams,
  });
  const source = async function* () {
    yield Buffer.from('once');
  };
  for (let i = 0; i < 2; i += 1) await putObject(ref, streamBody(source(), 4), plain, call);
  expect(
    fake.log.map(({ operation }) => operation).filter((operation) => operation === 'PutObject'),
  ).toHaveLength(2);
  expect(await contentOf(s3, ref)).toBe('once');
  await http.close();
});

test('a container that is deleted while it is used is missing, for every operation', async () => {
  await put(s3, ref, 'x');
  fake.rules.store.buckets.delete(container);
  expect(await rejection(put(s3, ref, 'y'))).toBeInstanceOf(ContainerDoesNotExistError);
  expect(await rejection(listKeys(s3, container))).toBeInstanceOf(ContainerDoesNotExistError);
  expect(
    await rejection(s3.capabilities.batchDelete!.deleteObjects(container, ['a'], call)),
  ).toBeInstanceOf(ContainerDoesNotExistError);
  expect(await rejection(s3.capabilities.multipart!.begin(ref, plain, call))).toBeInstanceOf(
    ContainerDoesNotExistError,
  );
});

test('S3 client: a closed port is trouble of the target, worth another try', async () => {
  const nowhere = openFake({ host: '127.0.0.1', port: 1 });
  const error = await rejection(nowhere.headContainer(container, call));
  expect(error).toBeInstanceOf(TargetUnavailableError);
  expect(error.message).toContain('ECONNREFUSED');
  await nowhere.close();
});

test('P9: no error and no listing of a backend shows a secret, a token or a signature', async () => {
  const token = 'session-token-of-mine';
  fake.rules.accounts = [{ ...ACCOUNT, sessionToken: 'another' }];
  const leaky = openFake(fake, { key: ACCOUNT.accessKey, secret: ACCOUNT.secret, token });
  const errors = [
    await rejection(put(leaky, ref, 'x')),
    await rejection(leaky.headObject(ref, call)),
  ];
  fake.faults.next('PutObject', { kind: 'reset', afterBytes: 10 });
  errors.push(await rejection(put(s3, ref, 'more than ten bytes')));
  for (const shown of [...errors, leaky, s3].map(
    (each) => inspect(each, { depth: 12, showHidden: true }) + JSON.stringify(each),
  )) {
    for (const secret of [ACCOUNT.secret, token]) expect(shown).not.toContain(secret);
    expect(shown).not.toMatch(/Signature=[0-9a-f]{64}/);
  }
  await leaky.close();
});

test('P5: an upload in parts goes on with another process: only missing parts are sent', async () => {
  const content = randomContent(12 * MIB);
  const partSize = findProfile('aws').parts.min;
  const multipart = s3.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  await multipart.uploadPart(token, 1, bytesBody(content.subarray(0, partSize)), call);
  const before = fake.count('UploadPart');
  const again = openFake(fake);
  const resume = { token, keep: async () => {} };
  await sendObject(again, ref, bytesBody(content), plain, {
    signal: call.signal,
    verifyHash: true,
    resume,
    partsAbove: MIB,
    partSize,
  });
  expect(fake.count('UploadPart') - before).toBe(2);
  expect((await readAll(await again.readObject(ref, undefined, call))).equals(content)).toBe(true);
  await again.close();
});
