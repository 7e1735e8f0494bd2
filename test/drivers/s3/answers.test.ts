import { beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { TargetUnavailableError, UnprovenAnswerError } from '../../../src/drivers/errors.js';
import { flawIn, flawInRefusal } from '../../../src/drivers/http/answer-rules.js';
import { S3_ANSWERS, S3_PROTOCOL, type S3Operation } from '../../../src/drivers/s3/answers.js';
import { sendObject } from '../../../src/drivers/send.js';
import type { Operation } from '../../fakes/s3/request.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { BARE_200, type ForeignAnswer, LOGIN_PAGE } from '../../fakes/scripted-faults.js';
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
let fake: FakeS3;
let s3: Backend;

beforeEach(async () => {
  const opened = await openFailingFake(startFakeS3, openFake);
  ({ fake, backend: s3 } = opened);
  return opened.close;
});

const parts = (backend: Backend) => backend.capabilities.multipart!;
const begun = () => parts(s3).begin(ref, plain, call);
const PART = bytesBody(Buffer.from('part'));

/** Something that asks for the operation, and what must be there before. */
const ASKING: Readonly<
  Record<Exclude<Operation, 'Unknown' | 'UploadPartCopy'>, () => Promise<() => Promise<unknown>>>
> = {
  ListBuckets: async () => () => s3.listContainers({}, call),
  CreateBucket: async () => () => s3.createContainer('another', call),
  HeadBucket: async () => () => s3.headContainer(container, call),
  DeleteBucket: async () => () => s3.deleteContainer(container, call),
  ListObjects: async () => () => listKeys(s3, container),
  GetBucketVersioning: async () => () => s3.capabilities.versions!.keepsVersions(container, call),
  ListObjectVersions: async () => () =>
    s3.capabilities.versions!.listVersions(container, '', {}, call),
  ListMultipartUploads: async () => () => parts(s3).unfinished(container, '', call),
  DeleteObjects: async () => () =>
    s3.capabilities.batchDelete!.deleteObjects(container, ['a'], call),
  PutObject: async () => () => put(s3, ref, 'x'),
  CopyObject: async () => {
    await put(s3, { container, key: 'from' }, 'x');
    return () => s3.capabilities.copy!.copyObject({ container, key: 'from' }, ref, undefined, call);
  },
  GetObject: async () => {
    await put(s3, ref, 'x');
    return async () => readAll(await s3.readObject(ref, undefined, call));
  },
  HeadObject: async () => {
    await put(s3, ref, 'x');
    return () => s3.headObject(ref, call);
  },
  DeleteObject: async () => () => s3.deleteObject(ref, call),
  CreateMultipartUpload: async () => begun,
  UploadPart: async () => {
    const token = await begun();
    return () => parts(s3).uploadPart(token, 1, PART, call);
  },
  ListParts: async () => {
    const token = await begun();
    return () => parts(s3).uploadedParts(token, call);
  },
  CompleteMultipartUpload: async () => {
    const token = await begun();
    const part = await parts(s3).uploadPart(token, 1, PART, call);
    return () => parts(s3).complete(token, [part], call);
  },
  AbortMultipartUpload: async () => {
    const token = await begun();
    return () => parts(s3).abort(token, call);
  },
};

/** What a HEAD of a container proves can be proven by a listing as well. */
const PROVEN_OTHERWISE = new Set<Operation>(['HeadBucket']);

describe.each(Object.keys(ASKING) as (keyof typeof ASKING)[])(
  'S3 client: the answer to %s',
  (operation) => {
    test.each([
      ['a login page with status 200', LOGIN_PAGE, 'content-type text/html'],
      ['200 and nothing else', BARE_200, ''],
      ['another status of success', { ...BARE_200, status: 203 }, 'the status must be'],
      ['a page that says 404', { ...LOGIN_PAGE, status: 404 }, 'content-type text/html'],
      [
        'a redirect to a login page',
        {
          ...LOGIN_PAGE,
          status: 302,
          headers: { location: 'http://portal/', 'content-type': 'text/html' },
        },
        '',
      ],
      ['a demand to log in to the network', { ...LOGIN_PAGE, status: 511 }, ''],
    ] as const)('is not believed when it is %s', async (_, answer, reason) => {
      const ask = await ASKING[operation]();
      fake.faults.always(operation, answer);
      if (operation === 'HeadBucket') fake.faults.always('ListObjects', answer);
      if (operation === 'CreateBucket')
        fake.faults.always('HeadBucket', { kind: 'refuse', status: 404, code: 'NoSuchBucket' });
      if (operation === 'HeadObject') fake.faults.always('GetObject', answer);
      const error = await rejection(ask());
      expect(error).toBeInstanceOf(UnprovenAnswerError);
      expect(error).toBeInstanceOf(TargetUnavailableError);
      expect(error).toMatchObject({ driver: 's3', retry: 'backoff' });
      expect(error.message).toContain(`answered ${answer.status}, but not as S3 does`);
      expect(error.message).toContain(reason);
    });

    test('is asked for again after a login page, and then believed', async () => {
      s3 = wrapInEveryLayer(s3);
      const ask = await ASKING[operation]();
      fake.faults.next(operation, LOGIN_PAGE);
      // These are not repeated: the first request may have had its effect.
      if (['CreateBucket', 'DeleteBucket', 'CreateMultipartUpload'].includes(operation))
        await rejection(ask());
      await ask();
      if (!PROVEN_OTHERWISE.has(operation)) expect(fake.count(operation)).toBeGreaterThan(0);
    });
  },
);

test.each([
  ['200 and nothing else', BARE_200],
  ['a login page', LOGIN_PAGE],
])(
  'S3 client: a put that is answered by %s counts when a look finds what was sent',
  async (_, answer) => {
    for (const body of [bytesBody(randomContent(100)), streamedBody(randomContent(100))]) {
      fake.faults.next('PutObject', { ...answer, done: true });
      const before = fake.count('PutObject');
      const sent = await sendObject(s3, ref, body, described, { ...call, verifyHash: true });
      expect(sent.info).toMatchObject({
        size: 100,
        metaData: described.metaData,
        checksums: [sent.checksum],
      });
      expect(fake.count('PutObject')).toBe(before + 1);
    }
  },
);

test('S3 client: a look does not confirm an older object of the same content and other metadata', async () => {
  await put(s3, ref, 'x');
  fake.faults.next('PutObject', BARE_200);
  const sending = s3.putObject(ref, bytesBody(Buffer.from('x')), described, call);
  expect(await rejection(sending)).toBeInstanceOf(UnprovenAnswerError);
});

test('S3 client: a put with an ETag that is none of S3 is not believed', async () => {
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

test('S3 client: a copy and a completion without a usable answer count when a look finds their object', async () => {
  await put(s3, { container, key: 'from' }, 'x');
  fake.faults.next('CopyObject', { ...BARE_200, done: true });
  const copied = await s3.capabilities.copy!.copyObject(
    { container, key: 'from' },
    ref,
    { ...described },
    call,
  );
  expect(copied).toMatchObject({ size: 1, metaData: described.metaData });
  const token = await begun();
  const part = await parts(s3).uploadPart(token, 1, PART, call);
  fake.faults.next('CompleteMultipartUpload', { ...LOGIN_PAGE, done: true });
  expect(await parts(s3).complete(token, [part], call)).toMatchObject({ key: ref.key, size: 4 });
  expect(await contentOf(s3, ref)).toBe('part');
});

test('S3 client: a completion with an empty ETag counts, whether its ETag can be foreseen or not', async () => {
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

test('S3 client: a container whose HEAD has no header of S3 is found by a listing, and one that was created by a look', async () => {
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

test('P4: S3 client: a 404 that is not of S3 does not say that an object is gone', async () => {
  await put(s3, ref, 'x');
  fake.faults.next('HeadObject', { ...LOGIN_PAGE, status: 404 });
  expect(await s3.headObject(ref, call)).toMatchObject({ size: 1 }); // a GET of one byte has distinguished them
  fake.faults.next('DeleteObject', { ...LOGIN_PAGE, status: 404 });
  expect(await rejection(s3.deleteObject(ref, call))).toBeInstanceOf(UnprovenAnswerError);
  fake.faults.next('GetObject', { ...LOGIN_PAGE, status: 416 });
  expect(await rejection(s3.readObject(ref, { start: 5 }, call))).toBeInstanceOf(
    UnprovenAnswerError,
  );
});

/** Answers as real providers give them: captured, or from the vendor's documentation. */
const REAL: readonly (readonly [
  provider: string,
  operation: S3Operation,
  status: number,
  headers: Record<string, string>,
  body?: string,
])[] = [
  [
    'AWS',
    'putObject',
    200,
    {
      etag: '"0acd6295ee14e480a20c6adee883ff42"',
      'content-length': '0',
      'x-amz-request-id': 'C59C54EB936BA018',
    },
  ],
  [
    'AWS',
    'headBucket',
    200,
    { 'x-amz-bucket-region': 'us-east-1', 'content-type': 'application/xml' },
  ],
  ['AWS', 'deleteObject', 204, { 'x-amz-id-2': 'x' }],
  [
    'Ceph',
    'putObject',
    200,
    {
      etag: '"5d41402abc4b2a76b9719d911017c592"',
      'accept-ranges': 'bytes',
      'x-amz-request-id': 'tx1-default',
    },
  ],
  [
    'Ceph',
    'copyObject',
    200,
    { 'content-type': 'application/xml', 'x-amz-request-id': 'tx1-default' },
    '<?xml version="1.0" encoding="UTF-8"?><CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ETag>5d41402abc4b2a76b9719d911017c592</ETag></CopyObjectResult>',
  ],
  ['Ceph', 'createBucket', 200, { 'content-length': '0', 'x-amz-request-id': 'tx1-default' }],
  [
    'Google Cloud Storage',
    'putObject',
    200,
    {
      etag: '"5d41402abc4b2a76b9719d911017c592"',
      'content-length': '0',
      'content-type': 'text/html; charset=UTF-8',
      'x-guploader-uploadid': 'x',
    },
  ],
  [
    'Google Cloud Storage',
    'headObject',
    200,
    { etag: '"-CKicn4fknNACEAE="', 'x-goog-generation': '1', 'content-type': 'text/html' },
  ],
  [
    'Cloudflare R2',
    'putObject',
    200,
    { etag: '"5d41402abc4b2a76b9719d911017c592"', 'cf-ray': 'x', server: 'cloudflare' },
  ],
  ['Cloudflare R2', 'deleteObject', 204, { 'cf-ray': 'x', server: 'cloudflare' }],
  [
    'Swift',
    'putObject',
    200,
    {
      etag: '"5d41402abc4b2a76b9719d911017c592"',
      'content-type': 'text/html; charset=UTF-8',
      'content-length': '0',
    },
  ],
  [
    'a gateway over files',
    'headObject',
    200,
    { 'x-amz-request-id': 'x', 'content-type': 'text/html' },
  ],
];

const realAnswers = REAL.map(
  ([provider, operation, status, headers, body = '']) =>
    [provider, operation, status, headers, body] as const,
);

test.each(realAnswers)(
  'S3 answers: believe what %s gives for %s',
  (_, operation, status, headers, body) => {
    const read = operation.startsWith('head') ? undefined : body;
    expect(
      flawIn({ status, headers, body: read }, S3_ANSWERS[operation], S3_PROTOCOL, {
        action: 'x',
        container: 'c',
      }),
    ).toBeUndefined();
  },
);

test.each([
  ['tenant:bucket', 'bucket', true],
  ['my-point-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias', 'bucket', true],
  ['bucket', 'bucket', true],
  ['bucket', '', true],
  ['bucket', 'tenant:bucket', false],
  ['bucket', 'bucket2', false],
])('S3 answers: a listing of %s that names "%s" is believed: %s', (asked, listed, believed) => {
  const body = `<?xml version="1.0"?>\n<ListBucketResult xmlns="x"><Name>${listed}</Name></ListBucketResult>`;
  const flaw = flawIn({ status: 200, headers: {}, body }, S3_ANSWERS.listObjects, S3_PROTOCOL, {
    action: 'list',
    container: asked,
  });
  expect(flaw === undefined).toBe(believed);
});

test('S3 answers: a refusal is believed by its document or by a header, and needs neither where nothing is concluded from it', () => {
  const refused = (status: number, headers: Record<string, string>, body: string | undefined) =>
    flawInRefusal({ status, headers, body }, S3_PROTOCOL);
  expect(
    refused(404, {}, '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'),
  ).toBeUndefined();
  expect(refused(404, { 'x-amz-request-id': '1' }, undefined)).toBeUndefined();
  expect(refused(404, {}, '<html></html>')).toBeDefined();
  expect(refused(413, { 'content-type': 'text/html' }, '<html>too large</html>')).toBeUndefined();
});

test.each([
  ['PutObject', 'put in "faults": answered 200'],
  ['CopyObject', 'copy "from" in "faults": answered 200'],
  ['CreateMultipartUpload', 'begin an upload in "faults": answered 200'],
  ['UploadPart', 'put part 1 in "faults": answered 200'],
  ['CompleteMultipartUpload', 'complete the upload in "faults": answered 200'],
  ['ListObjects', 'list in "faults": answered 200'],
  ['CreateBucket', 'create the container "another": answered 200'],
  ['DeleteBucket', 'delete the container "faults": answered 200'],
] as const)('S3 client: a message about %s is a sentence: %s', async (operation, sentence) => {
  const ask = await ASKING[operation]();
  fake.faults.next(operation, LOGIN_PAGE);
  if (operation === 'CreateBucket')
    fake.faults.always('HeadBucket', { kind: 'refuse', status: 404, code: 'NoSuchBucket' });
  expect((await rejection(ask())).message).toContain(sentence);
  fake.faults.next(operation, { kind: 'refuse', status: 400, code: 'InvalidRequest' });
  expect((await rejection(ask())).message).toContain(
    sentence.replace('answered 200', 'the provider answered 400'),
  );
});
