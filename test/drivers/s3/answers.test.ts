import { beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { UnprovenAnswerError } from '../../../src/drivers/errors.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { BARE_200, type ForeignAnswer, LOGIN_PAGE } from '../../fakes/scripted-faults.js';
import { call, listKeys, plain, put, rejection } from '../conformance/fixture.js';
import { openFailingFake } from '../failing-fake.js';
import { CONTAINER, PART, REF, stepsOf } from '../faults/steps.js';
import { s3Faults } from './fault-dialect.js';
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

const parts = (backend: Backend) => backend.capabilities.multipart!;

test('S3 client: a put is not believed with an ETag that has not the form of S3’s', async () => {
  for (const etag of ['', 'W/"64-abcdef"', '"two words"']) {
    fake.faults.next('PutObject', { ...BARE_200, headers: { etag, 'x-amz-request-id': '1' } });
    expect(await rejection(put(s3, ref, 'x'))).toBeInstanceOf(UnprovenAnswerError);
  }
  fake.faults.next('PutObject', {
    ...BARE_200,
    headers: { etag: '"64a5-5f3e"', 'content-type': 'text/html' },
  });
  expect(await rejection(put(s3, ref, 'x'))).toBeInstanceOf(UnprovenAnswerError);
  expect(await listKeys(s3, container)).toEqual([]);
});

test('S3 client: a completion with an empty ETag counts when a HEAD finds its object, whatever the ETag means', async () => {
  const empty: ForeignAnswer = {
    ...BARE_200,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': 'tx1' },
    body: '<CompleteMultipartUploadResult><Key>k</Key><ETag></ETag></CompleteMultipartUploadResult>',
  };
  const opaque = openFake(fake, { etag: 'opaque' });
  for (const backend of [s3, opaque]) {
    const token = await parts(backend).begin(ref, plain, call);
    const part = await parts(backend).uploadPart(token, 1, PART, call);
    fake.faults.next('CompleteMultipartUpload', empty);
    expect(await rejection(parts(backend).complete(token, [part], call))).toBeInstanceOf(
      UnprovenAnswerError,
    );
    fake.faults.next('CompleteMultipartUpload', { ...empty, done: true });
    expect(await parts(backend).complete(token, [part], call)).toMatchObject({ size: 4 });
    await backend.deleteObject(ref, call);
  }
  await opaque.close();
});

test('S3 client: a listing proves a container whose HEAD has no header of S3, and a HEAD one whose creation proves nothing', async () => {
  fake.faults.always('HeadBucket', BARE_200);
  expect(await s3.headContainer(container, call)).toMatchObject({ name: container });
  fake.faults.next('CreateBucket', { ...BARE_200, done: true });
  fake.rules.createsTwice = false;
  const minio = openFake(fake, { profile: 'minio' });
  expect(await minio.createContainer('another', call)).toMatchObject({ name: 'another' });
  await minio.close();
});

test('P4: S3 client: a listing of another container is not believed', async () => {
  await put(s3, ref, 'x');
  const listing =
    '<ListBucketResult><Name>other</Name><IsTruncated>false</IsTruncated></ListBucketResult>';
  fake.faults.next('ListObjects', {
    ...BARE_200,
    headers: { 'content-type': 'application/xml' },
    body: listing,
  });
  const error = await rejection(listKeys(s3, container));
  expect(error).toBeInstanceOf(UnprovenAnswerError);
  expect(error.message).toContain('a listing of "other"');
});

test('P4: S3 client: a GET of one byte decides when a HEAD is answered by a 404 that is not of S3', async () => {
  await put(s3, ref, 'x');
  fake.faults.next('HeadObject', { ...LOGIN_PAGE, status: 404 });
  expect(await s3.headObject(ref, call)).toMatchObject({ size: 1 });
});

test.each([
  ['put', 'put in "faults": answered 200'],
  ['copy', 'copy "from" in "faults": answered 200'],
  ['begin', 'begin an upload in "faults": answered 200'],
  ['part', 'put part 1 in "faults": answered 200'],
  ['complete', 'complete the upload in "faults": answered 200'],
  ['list', 'list in "faults": answered 200'],
  ['create container', 'create the container "another": answered 200'],
  ['delete container', 'delete the container "faults": answered 200'],
] as const)('S3 client: a message about %s is a sentence: %s', async (step, sentence) => {
  const service = await s3Faults.start();
  const ask = await stepsOf(service.backend)[step]!();
  service.always(step, LOGIN_PAGE);
  expect((await rejection(ask())).message).toContain(sentence);
  service.next(step, { kind: 'refuse', status: 400, code: 'InvalidRequest' });
  expect((await rejection(ask())).message).toContain(
    sentence.replace('answered 200', 'the provider answered 400'),
  );
  await service.close();
});
