import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import { StorageError } from '../../../src/drivers/errors.js';
import { createHttpClient } from '../../../src/drivers/http/http-client.js';
import { s3Backend } from '../../../src/drivers/s3/backend.js';
import { findProfile } from '../../../src/drivers/s3/profiles.js';
import { ACCOUNT } from '../../fakes/s3/server.js';
import {
  call,
  contentOf,
  listAll,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { at, container, MIB, open, opened, ref, sent, withFakeS3 } from './features-fixture.js';
import { openS3, settingsOf } from './open.js';

withFakeS3();

describe('encryption', () => {
  test('with a KMS key no ETag is taken for a hash, and content is still verified, from a stream and in parts as well', async () => {
    const s3 = open({ encryption: { type: 'kms', kms_key: 'alias/mine' } });
    expect(s3.hashType).toBeUndefined();
    const content = randomContent(200_000);
    const info = await s3.putObject(ref, streamedBody(content), plain, call);
    expect(sent()).toMatchObject({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/mine',
    });
    expect(info.checksums).toEqual([checksumOf('md5', content)]);
    expect((await s3.headObject(ref, call)).checksums).toEqual([]);
    expect((await listAll(s3, container))[0]?.checksums).toEqual([]);
    const multipart = s3.capabilities.multipart!;
    const token = await multipart.begin(ref, plain, call);
    const part = await multipart.uploadPart(token, 1, streamedBody(content), call);
    expect(sent('UploadPart')['content-md5']).toBe(
      Buffer.from(checksumOf('md5', content).hex, 'hex').toString('base64'),
    );
    await multipart.complete(token, [part], call);
  });

  test('P2: with a KMS key that only answers reveal no ETag is believed, and content sent before is sent again', async () => {
    const s3 = open();
    at.fake.rules.store.bucket(container).encrypted = true;
    const content = randomContent(1000);
    expect((await s3.putObject(ref, streamedBody(content), plain, call)).checksums).toEqual([
      checksumOf('md5', content),
    ]);
    expect(
      at.fake.log
        .filter(({ operation }) => operation === 'PutObject')
        .map(({ headers }) => headers['content-md5'] !== undefined),
    ).toEqual([false, true]);
    expect((await listAll(s3, container))[0]?.checksums).toEqual([]);
    for (const client of [s3, open()]) {
      const multipart = client.capabilities.multipart!;
      const token = await multipart.begin(ref, plain, call);
      const part = await open().capabilities.multipart!.uploadPart(
        token,
        1,
        streamedBody(content),
        call,
      );
      expect(await multipart.complete(token, [part], call)).toMatchObject({
        size: 1000,
        checksums: [],
      });
    }
  });

  test('with a customer’s key each request that needs it carries it, and no object is read without it', async () => {
    const key = randomContent(32).toString('base64');
    const settings = { encryption: { type: 'customer', customer_key: key } };
    expect(() => open(settings)).toThrow(/secure/);
    const s3 = s3Backend({
      settings: settingsOf({
        ...settings,
        secure: false,
        host: at.fake.host,
        port: at.fake.port,
        profile: 'aws',
      }),
      profile: { ...findProfile('aws'), copy: { whole: MIB, part: 5 * MIB } },
      region: 'us-east-1',
      credentials: {
        get: async () => ({ accessKeyId: ACCOUNT.accessKey, secretAccessKey: ACCOUNT.secret }),
        refused: async () => false,
      },
      http: createHttpClient(),
      clock: systemClock,
      notice: () => {},
    });
    opened.push(s3);
    await put(s3, ref, 'secret content');
    expect(sent()['x-amz-server-side-encryption-customer-key']).toBe(key);
    expect(await contentOf(s3, ref)).toBe('secret content');
    await s3.capabilities.copy!.copyObject(ref, { container, key: 'copy' }, undefined, call);
    expect(await contentOf(s3, { container, key: 'copy' })).toBe('secret content');
    const multipart = s3.capabilities.multipart!;
    const token = await multipart.begin({ container, key: 'parts' }, plain, call);
    const large = randomContent(7 * MIB);
    const parts = [
      await multipart.uploadPart(token, 1, bytesBody(large.subarray(0, 6 * MIB)), call),
    ];
    parts.push(await multipart.uploadPart(token, 2, streamedBody(large.subarray(6 * MIB)), call));
    for (const { md5 } of parts) expect(md5).toBeDefined();
    await multipart.complete(token, parts, call);
    await s3.capabilities.copy!.copyObject(
      { container, key: 'parts' },
      { container, key: 'copy of parts' },
      undefined,
      call,
    );
    expect(at.fake.count('UploadPartCopy')).toBe(2);
    expect(
      (
        await readAll(await s3.readObject({ container, key: 'copy of parts' }, undefined, call))
      ).equals(large),
    ).toBe(true);
    expect(await s3.headObject({ container, key: 'copy of parts' }, call)).toMatchObject({
      size: 7 * MIB,
      checksums: [],
    });
    await rejection(contentOf(open(), ref));
  });

  test('with a customer’s key of other than 256 bits is refused', () => {
    const opening = () =>
      openS3({
        profile: 'aws',
        key: 'a',
        secret: 'b',
        encryption: { type: 'customer', customer_key: 'c2hvcnQ=' },
      });
    expect(opening).toThrow(/256 bits/);
  });
});

test.each([
  [{ type: 's3' }, { 'x-amz-server-side-encryption': 'AES256' }, true],
  [{ type: 'kms' }, { 'x-amz-server-side-encryption': 'aws:kms' }, false],
])(
  'S3 encryption: %j goes along with puts, parts and copies, and its ETag is an MD5: %s %s',
  async (encryption, headers, isMd5) => {
    const s3 = open({ encryption });
    const content = randomContent(100);
    await put(s3, ref, content);
    await s3.capabilities.multipart!.abort(
      await s3.capabilities.multipart!.begin(ref, plain, call),
      call,
    );
    await s3.capabilities.copy!.copyObject(ref, { container, key: 'copy' }, undefined, call);
    for (const operation of ['PutObject', 'CreateMultipartUpload', 'CopyObject'])
      expect(sent(operation), operation).toMatchObject(headers);
    const checksums = isMd5 ? [checksumOf('md5', content)] : [];
    const info = await s3.headObject({ container, key: 'copy' }, call);
    expect(info).toMatchObject({
      checksums,
      extra: { encryption: headers['x-amz-server-side-encryption'] },
    });
  },
);

test('S3 object lock: a container is created with it, and each write carries the digest that it demands', async () => {
  const s3 = open({ object_lock: { mode: 'compliance', retain: '1d' } });
  const locked = { container: 'locked', key: 'x' };
  await s3.createContainer(locked.container, call);
  expect(at.fake.rules.store.bucket(locked.container).locks).toBe(true);
  await put(s3, locked, 'x');
  await s3.putObject(locked, streamedBody(randomContent(200_000)), plain, call);
  const multipart = s3.capabilities.multipart!;
  const token = await multipart.begin(locked, plain, call);
  await multipart.complete(
    token,
    [await multipart.uploadPart(token, 1, streamedBody(randomContent(10)), call)],
    call,
  );
  const once = { ...streamedBody(randomContent(10)), replayable: false };
  expect(await rejection(open().putObject(locked, once, plain, call))).toBeInstanceOf(StorageError);
});
