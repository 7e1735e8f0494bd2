import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { streamBody } from '../../../src/drivers/body.js';
import { InvalidCredentialsError, ObjectHashMismatchError } from '../../../src/drivers/errors.js';
import { profileNames } from '../../../src/drivers/s3/profiles.js';
import { streamedBodies } from '../../../src/drivers/s3/streamed-bodies.js';
import { sendObject } from '../../../src/drivers/send.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import {
  call,
  contentOf,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { openFake } from './open.js';

const container = 'streams';
const ref = { container, key: 'large' };
const content = randomContent(200_000);
const SIGNED = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';

/** What a stream of unknown digest is sent with, without TLS. Parts are never sent with a trailer. */
const FORMS: Readonly<Record<string, readonly [object: string, part: string]>> = {
  ...Object.fromEntries(profileNames.map((name) => [name, ['Content-MD5', 'Content-MD5']])),
  aws: [`${SIGNED}-TRAILER`, SIGNED],
  minio: [`${SIGNED}-TRAILER`, SIGNED],
  ceph: [SIGNED, SIGNED],
};

let fake: FakeS3;
let s3: Backend;
let notices: string[];

async function open(settings: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await s3?.close();
  notices = [];
  s3 = openFake(fake, settings, { notice: (event) => void notices.push(event) });
}

function sent(operation = 'PutObject') {
  return fake.log.findLast((request) => request.operation === operation)?.headers ?? {};
}

function formOf(headers: Readonly<Record<string, string>>): string | undefined {
  return headers['content-md5'] === undefined ? headers['x-amz-content-sha256'] : 'Content-MD5';
}

beforeEach(async () => {
  fake = await startFakeS3();
  await open();
  await s3.createContainer(container, call);
});

afterEach(async () => {
  await s3.close();
  await fake.close();
  fake.faults.assertUsedUp();
});

describe.each(Object.entries(FORMS))('profile %s', (profile, [objectForm, partForm]) => {
  beforeEach(() => open({ profile, region: 'us-east-1' }));

  test('a stream carries what the store can refuse it by', async () => {
    await sendObject(s3, ref, streamedBody(content), plain, {
      signal: call.signal,
      verifyHash: true,
    });
    expect(formOf(sent())).toBe(objectForm);
    expect((await readAll(await s3.readObject(ref, undefined, call))).equals(content)).toBe(true);
  });

  test('a part carries what the store can refuse it by', async () => {
    const multipart = s3.capabilities.multipart!;
    const token = await multipart.begin(ref, plain, call);
    await multipart.uploadPart(token, 2, streamedBody(content), call);
    fake.faults.next('UploadPart', { kind: 'flip', at: 100_000 });
    expect(
      await rejection(multipart.uploadPart(token, 1, streamedBody(content), call)),
    ).toBeInstanceOf(ObjectHashMismatchError);
    expect((await multipart.uploadedParts(token, call)).map(({ number }) => number)).toEqual([2]);
    await multipart.uploadPart(token, 1, streamedBody(content), call);
    expect(formOf(sent('UploadPart'))).toBe(partForm);
    await multipart.abort(token, call);
  });

  test.each([
    ['in the first chunk', 1000],
    ['in the last chunk', 199_000],
  ])(
    'a stream that changes on its way, %s, is refused and leaves what was there',
    async (_, at) => {
      await put(s3, ref, 'as before');
      await sendObject(s3, { ...ref, key: 'other' }, streamedBody(content), plain, {
        signal: call.signal,
        verifyHash: true,
      });
      fake.faults.next('PutObject', { kind: 'flip', at });
      const failure = await rejection(s3.putObject(ref, streamedBody(content), plain, call));
      expect(failure).toBeInstanceOf(ObjectHashMismatchError);
      expect(failure).toMatchObject({ retry: 'backoff' });
      expect(await contentOf(s3, ref)).toBe('as before');
      await s3.putObject(ref, streamedBody(content), plain, call);
      expect(formOf(sent())).toBe(objectForm);
      expect(notices).toEqual([]);
    },
  );
});

test('S3 client: a stream whose MD5 is known carries it, and no trailer', async () => {
  const { checksums } = await put(s3, { container, key: 'small' }, content);
  await s3.putObject(ref, streamedBody(content), { ...plain, checksums }, call);
  expect(sent()).toMatchObject({ 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' });
  expect(formOf(sent())).toBe('Content-MD5');
});

test('S3 client: sign_payload reads a stream once where its chunks can be signed', async () => {
  await open({ sign_payload: true });
  let opened = 0;
  const body = {
    ...streamedBody(content),
    open() {
      opened += 1;
      return streamedBody(content).open();
    },
  };
  await s3.putObject(ref, body, plain, call);
  expect(opened).toBe(1);
  expect(sent()['x-amz-content-sha256']).toBe(`${SIGNED}-TRAILER`);
  const once = streamBody(streamedBody(content).open(), content.byteLength);
  await s3.putObject(ref, once, plain, call);
  expect(sent()['x-amz-content-sha256']).toBe(`${SIGNED}-TRAILER`);
});

test('S3 client: a content encoding is stored without that of the body', async () => {
  await s3.putObject(
    ref,
    streamedBody(content),
    { ...plain, headers: { 'content-encoding': 'gzip' } },
    call,
  );
  expect(sent()['content-encoding']).toBe('aws-chunked,gzip');
  const [stored] = fake.rules.store.buckets.get(container)!.objects.get(ref.key)!;
  expect(stored!.headers['content-encoding']).toBe('gzip');
});

test('S3 client: a store that does not understand chunks gets an MD5 first from then on, and one notice says so', async () => {
  fake.rules.takesChunks = false;
  for (let i = 0; i < 3; i += 1) await s3.putObject(ref, streamedBody(content), plain, call);
  expect(
    fake.log.filter(({ operation }) => operation === 'PutObject').map(({ status }) => status),
  ).toEqual([501, 200, 200, 200]);
  expect(formOf(sent())).toBe('Content-MD5');
  expect(notices).toEqual([
    'streamed bodies with a checksum are not understood by this provider: they are sent without',
  ]);
});

test('S3 client: a first stream that changes on its way does not make the store one that does not understand chunks', async () => {
  fake.faults.next('PutObject', { kind: 'flip', at: 1000 });
  await s3.putObject(ref, streamedBody(content), plain, call);
  expect(
    fake.log.filter(({ operation }) => operation === 'PutObject').map(({ status }) => status),
  ).toEqual([403, 200]);
  expect(formOf(sent())).toBe(`${SIGNED}-TRAILER`);
  expect((await readAll(await s3.readObject(ref, undefined, call))).equals(content)).toBe(true);
  expect(notices).toEqual([]);
});

test('S3 client: a conditional stream is not taken for a condition that is not understood', async () => {
  fake.rules.takesChunks = false;
  await s3.putObject(
    ref,
    streamedBody(content),
    { ...plain, precondition: { ifAbsent: true } },
    call,
  );
  expect((await readAll(await s3.readObject(ref, undefined, call))).equals(content)).toBe(true);
  expect(notices).toEqual([
    'streamed bodies with a checksum are not understood by this provider: they are sent without',
  ]);
});

test('S3 client: wrong credentials are named as such by a stream as well', async () => {
  await open({ key: 'AKIAFAKE', secret: 'another' });
  expect(await rejection(s3.putObject(ref, streamedBody(content), plain, call))).toBeInstanceOf(
    InvalidCredentialsError,
  );
  expect(notices).toEqual([]);
});

test('streamed bodies: over TLS a trailer is not signed, and nothing is read twice', async () => {
  const over = streamedBodies(
    { name: 'aws', streams: 'trailer' },
    { secure: true, sign_payload: false },
    () => {},
  );
  const ceph = streamedBodies(
    { name: 'ceph', streams: 'signatures' },
    { secure: true, sign_payload: false },
    () => {},
  );
  const what = {
    kind: 'object',
    body: streamedBody(content),
    known: [],
    verified: ['md5'],
    digestFirst: false,
  } as const;
  expect(await over.send(what, async (plan) => plan)).toMatchObject({
    chunked: { signed: false, trailer: { name: 'x-amz-checksum-crc32' } },
    digestFirst: false,
  });
  expect(await ceph.send(what, async (plan) => plan)).toEqual({
    chunked: undefined,
    digestFirst: false,
  });
});
