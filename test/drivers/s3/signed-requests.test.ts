import { describe, expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import { UnsupportedOperationError } from '../../../src/drivers/errors.js';
import { createDriver } from '../../../src/drivers/storage.js';
import {
  call,
  contentOf,
  listAll,
  plain,
  put,
  randomContent,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { at, container, open, ref, sent, withFakeS3 } from './features-fixture.js';

withFakeS3();

test.each([
  ['aws', 'us-east-1', undefined],
  ['aws', 'eu-central-1', 'eu-central-1'],
  ['scaleway', 'nl-ams', 'nl-ams'],
  ['minio', 'eu-central-1', undefined],
])(
  'S3 client: with profile %s in %s, a new container is created with the location %s',
  async (profile, region, location) => {
    await open({ profile, region }).createContainer('located', call);
    expect(at.fake.rules.store.bucket('located').location).toBe(location);
  },
);

describe('signing', () => {
  test('content is signed when it is asked for, from memory and from a stream that is read twice', async () => {
    const s3 = open({ sign_payload: true, profile: 'generic' });
    const content = randomContent(100_000);
    for (const body of [bytesBody(content), streamedBody(content)]) {
      await s3.putObject(ref, body, plain, call);
      expect(sent()['x-amz-content-sha256']).toBe(checksumOf('sha256', content).hex);
    }
    const once = { ...streamedBody(content), replayable: false };
    expect(await rejection(s3.putObject(ref, once, plain, call))).toBeInstanceOf(
      UnsupportedOperationError,
    );
    await put(open(), ref, content);
    expect(sent()['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD');
  });

  test('known digests go along as the headers that the provider checks', async () => {
    const content = randomContent(100);
    const checksums = [checksumOf('sha256', content), checksumOf('crc32c', content)];
    await put(open(), ref, content, { checksums });
    expect(Object.keys(sent()).filter((name) => name.startsWith('x-amz-checksum'))).toEqual([
      'x-amz-checksum-sha256',
    ]);
    await put(open({ profile: 'generic' }), ref, content, { checksums });
    expect(Object.keys(sent()).filter((name) => name.startsWith('x-amz-checksum'))).toEqual([]);
    expect(sent()['content-md5']).toBeDefined();
  });

  test('a presigned URL lets anybody read the object until it expires, and nothing else', async () => {
    const s3 = open();
    const driver = createDriver(s3);
    const odd = { container, key: 'a b/ü+%.txt' };
    await put(s3, odd, 'shared');
    const url = await driver.getObjectCdnUrl(await driver.getObject(container, odd.key));
    expect(await (await fetch(url)).text()).toBe('shared');
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
    expect((await fetch(url.replace('a%20b', 'a%20c'))).status).toBe(403);
    at.fake.rules.skewMs = 25 * 3_600_000;
    expect((await fetch(url)).status).toBe(403);
    expect(
      await rejection(driver.getContainerCdnUrl(await driver.getContainer(container))),
    ).toBeInstanceOf(UnsupportedOperationError);
  });
});

test('S3 presigned URL: carries the session token of temporary keys, and that the requester pays', async () => {
  at.fake.rules.accounts.push({ accessKey: 'TEMP', secret: 's', sessionToken: 'a+b/c=' });
  const s3 = open({ key: 'TEMP', secret: 's', token: 'a+b/c=', requester_pays: true });
  await put(s3, ref, 'shared');
  const url = await s3.capabilities.cdn!.objectUrl(ref, call);
  expect(await (await fetch(url)).text()).toBe('shared');
  expect([...(at.fake.log.at(-1)?.query.entries() ?? [])]).toContainEqual([
    'x-amz-request-payer',
    'requester',
  ]);
  const without = url.replace(/&X-Amz-Security-Token=[^&]*/, '');
  expect((await fetch(without)).ok).toBe(false);
});

test('S3 client: with requester_pays, each request has the signed header, to another account’s container too', async () => {
  const payer = open({ requester_pays: true });
  await put(payer, ref, 'content');
  await contentOf(payer, ref);
  await listAll(payer, container);
  for (const operation of ['PutObject', 'GetObject', 'ListObjects']) {
    expect(sent(operation)['x-amz-request-payer'], operation).toBe('requester');
    expect(sent(operation)['authorization'], operation).toContain(';x-amz-request-payer');
  }
  await put(open(), ref, 'content');
  expect(sent()['x-amz-request-payer']).toBeUndefined();
});
