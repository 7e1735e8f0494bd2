import { beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import {
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  ObjectAccessDeniedError,
  PreconditionFailedError,
} from '../../../src/drivers/errors.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { call, contentOf, plain, put, randomContent, rejection } from '../conformance/fixture.js';
import { openFailingFake } from '../failing-fake.js';
import { CONTAINER, REF } from '../faults/steps.js';
import { openFake } from './open.js';

const container = CONTAINER;
const ref = REF;
let fake: FakeS3;
let s3: Backend;

beforeEach(async () => {
  const opened = await openFailingFake(startFakeS3, openFake);
  ({ fake, backend: s3 } = opened);
  return opened.close;
});

test('S3 client: a HEAD with credentials that are not valid is not taken for one without the right', async () => {
  await put(s3, ref, 'x');
  fake.rules.accounts = [];
  expect(await rejection(s3.headObject(ref, call))).toBeInstanceOf(InvalidCredentialsError);
  expect(await rejection(s3.headContainer(container, call))).toBeInstanceOf(
    InvalidCredentialsError,
  );
});

test('S3 client: a HEAD that is refused once is answered by a GET of one byte', async () => {
  await put(s3, ref, 'x');
  fake.faults.next('HeadObject', { kind: 'refuse', status: 403, code: 'AccessDenied' });
  expect((await s3.headObject(ref, call)).size).toBe(1);
  await put(s3, ref, '');
  fake.faults.next('HeadObject', { kind: 'refuse', status: 400, code: 'Whatever' });
  expect((await s3.headObject(ref, call)).size).toBe(0);
});

test('S3 client: the condition of an upload in parts holds at its completion, also by another process', async () => {
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

const deleteTogether = (keys: readonly string[]) =>
  s3.capabilities.batchDelete!.deleteObjects(container, keys, call);

test('S3 batch delete: a key that the provider calls missing is gone', async () => {
  fake.faults.next('DeleteObjects', { kind: 'refuse-keys', keys: { missing: 'NoSuchKey' } });
  expect(await deleteTogether(['missing'])).toEqual(new Map());
});

test('S3 batch delete: a key that the answer leaves out fails with the request id', async () => {
  fake.faults.next('DeleteObjects', { kind: 'omit-keys', keys: ['b'] });
  const failures = await deleteTogether(['b']);
  expect(failures.get('b')).toMatchObject({ requestId: expect.stringMatching(/^fake-/) });
});

test('S3 batch delete: fails key by key where the right is missing, and at once where the container is', async () => {
  fake.faults.next('DeleteObjects', { kind: 'refuse', status: 403, code: 'AccessDenied' });
  const failures = await deleteTogether([ref.key]);
  expect(failures.get(ref.key)).toBeInstanceOf(ObjectAccessDeniedError);
  fake.rules.store.buckets.delete(container);
  expect(await rejection(deleteTogether(['a']))).toBeInstanceOf(ContainerDoesNotExistError);
});
