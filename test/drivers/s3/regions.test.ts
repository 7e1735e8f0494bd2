import { beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { streamBody } from '../../../src/drivers/body.js';
import { createHttpClient } from '../../../src/drivers/http/http-client.js';
import { createS3Client } from '../../../src/drivers/s3/client.js';
import { conditionalWrites } from '../../../src/drivers/s3/conditional-write.js';
import { addressing } from '../../../src/drivers/s3/endpoint.js';
import { etagMeaning } from '../../../src/drivers/s3/etag.js';
import { objectHeaders } from '../../../src/drivers/s3/object-headers.js';
import { objectOperations } from '../../../src/drivers/s3/objects.js';
import { findProfile } from '../../../src/drivers/s3/profiles.js';
import { streamedBodies } from '../../../src/drivers/s3/streamed-bodies.js';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import {
  call,
  contentOf,
  plain,
  put,
  randomContent,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { openFailingFake } from '../failing-fake.js';
import { CONTAINER, REF } from '../faults/steps.js';
import { openFake, settingsOf } from './open.js';

const container = CONTAINER;
const ref = REF;
let fake: FakeS3;
let s3: Backend;

beforeEach(async () => {
  const opened = await openFailingFake(startFakeS3, openFake);
  ({ fake, backend: s3 } = opened);
  return opened.close;
});

test('S3 client: a clock that is 20 minutes off is corrected by the provider’s, with a notice', async () => {
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

test('S3 client: a HEAD, whose refusal has no body, corrects the clock by its Date header', async () => {
  await put(s3, ref, 'x');
  fake.rules.skewMs = -20 * 60_000;
  expect((await s3.headObject(ref, call)).size).toBe(1);
});

test('S3 client: finds a container in another region once, and asks it there from then on', async () => {
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
])(
  'S3 client: follows %i %s to the region that it names, and never to an address',
  async (status, code) => {
    const headers = { 'x-amz-bucket-region': 'eu-west-3', location: 'http://127.0.0.1:1/' };
    fake.faults.next('PutObject', { kind: 'refuse', status, code, headers });
    await put(s3, ref, 'x');
    const regions = fake.log.flatMap(({ operation, headers: { authorization = '' } }) =>
      operation === 'PutObject' ? [authorization.split('/')[2]] : [],
    );
    expect(regions).toEqual(['us-east-1', 'eu-west-3']);
    fake.faults.next('PutObject', { kind: 'refuse', status: 307, code: 'TemporaryRedirect' });
    expect(await rejection(put(s3, ref, 'x'))).toMatchObject({ retry: 'backoff' });
  },
);

test.each([301, 307, 400])(
  'S3 client: repeats a HEAD that is answered %i, without a code, in the region of its headers',
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

test('S3 client: finds the region of a container before it sends a body that can be sent once', async () => {
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
