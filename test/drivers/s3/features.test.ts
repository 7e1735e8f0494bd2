import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
  StorageError,
  UnsupportedOperationError,
} from '../../../src/drivers/errors.js';
import { createHttpClient } from '../../../src/drivers/http/http-client.js';
import { s3Backend } from '../../../src/drivers/s3/backend.js';
import { findProfile } from '../../../src/drivers/s3/profiles.js';
import { createDriver } from '../../../src/drivers/storage.js';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
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
import { openFake, openS3, settingsOf } from './open.js';

const MIB = 2 ** 20;
const container = 'features';
const ref = { container, key: 'folder/page.html' };
let fake: FakeS3;
let opened: Backend[];

beforeEach(async () => {
  fake = await startFakeS3();
  opened = [];
  await open().createContainer(container, call);
});

afterEach(async () => {
  for (const backend of opened) await backend.close();
  await fake.close();
  fake.faults.assertUsedUp();
});

function open(settings: Readonly<Record<string, unknown>> = {}): Backend {
  const backend = openFake(fake, settings);
  opened.push(backend);
  return backend;
}

function sent(operation = 'PutObject') {
  return fake.log.findLast((request) => request.operation === operation)?.headers ?? {};
}

describe('headers of what is put', () => {
  test('storage class, ACL, tags and retention go along with puts, uploads in parts and copies', async () => {
    const s3 = open({
      storage_class: 'STANDARD_IA',
      acl: 'bucket-owner-full-control',
      tags: [{ key: 'team', value: 'a&b=c' }],
      object_lock: { mode: 'governance', retain: '30d', legal_hold: true },
      requester_pays: true,
    });
    await put(s3, ref, 'x');
    const token = await s3.capabilities.multipart!.begin(ref, plain, call);
    await s3.capabilities.multipart!.abort(token, call);
    await s3.capabilities.copy!.copyObject(ref, { container, key: 'copy' }, undefined, call);
    for (const operation of ['PutObject', 'CreateMultipartUpload', 'CopyObject']) {
      const headers = sent(operation);
      expect(headers, operation).toMatchObject({
        'x-amz-storage-class': 'STANDARD_IA',
        'x-amz-acl': 'bucket-owner-full-control',
        'x-amz-object-lock-mode': 'GOVERNANCE',
        'x-amz-object-lock-legal-hold': 'ON',
        'x-amz-request-payer': 'requester',
      });
      const until = Date.parse(headers['x-amz-object-lock-retain-until-date'] ?? '');
      expect(Math.abs(until - Date.now() - 30 * 86_400_000)).toBeLessThan(60_000);
    }
    expect(sent('PutObject')['x-amz-tagging']).toBe('team=a%26b%3Dc');
    await put(s3, ref, 'x', { locked: false });
    expect(sent('PutObject')).toMatchObject({
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-acl': 'bucket-owner-full-control',
    });
    expect(
      Object.keys(sent('PutObject')).filter((name) => name.startsWith('x-amz-object-lock')),
    ).toEqual([]);
  });

  test('rules by name pattern set headers: the first match of each wins, and headers of the call win over all', async () => {
    const s3 = open({
      headers: [
        { match: '*.html', cache_control: 'no-cache', content_language: 'de' },
        { match: 'folder/**', cache_control: 'max-age=1', content_type: 'text/x-folder' },
      ],
    });
    await put(s3, ref, 'x', { contentType: 'text/html' });
    expect(sent()).toMatchObject({
      'cache-control': 'no-cache',
      'content-language': 'de',
      'content-type': 'text/x-folder',
    });
    await put(s3, ref, 'x', { headers: { 'Cache-Control': 'private' } });
    expect(sent()['cache-control']).toBe('private');
    expect((await s3.headObject(ref, call)).extra).toMatchObject({
      cacheControl: 'private',
      contentType: 'text/x-folder',
    });
  });

  test('the storage class may depend on the name, for puts, parts and copies, and is refused by a profile without classes', async () => {
    const headers = [
      { match: 'archive/**', storage_class: 'GLACIER', expires: 'Thu, 01 Jan 2032 00:00:00 GMT' },
    ];
    const s3 = open({ storage_class: 'STANDARD_IA', headers });
    const archived = { container, key: 'archive/2026.tar' };
    await put(s3, ref, 'x');
    expect(sent()['x-amz-storage-class']).toBe('STANDARD_IA');
    await put(s3, archived, 'x');
    expect(sent()).toMatchObject({
      'x-amz-storage-class': 'GLACIER',
      expires: 'Thu, 01 Jan 2032 00:00:00 GMT',
    });
    await s3.capabilities.multipart!.abort(
      await s3.capabilities.multipart!.begin(archived, plain, call),
      call,
    );
    expect(sent('CreateMultipartUpload')['x-amz-storage-class']).toBe('GLACIER');
    await s3.capabilities.copy!.copyObject(
      ref,
      archived,
      { contentType: 'text/plain', metaData: {} },
      call,
    );
    expect(sent('CopyObject')['x-amz-storage-class']).toBe('GLACIER');
    await s3.capabilities.copy!.copyObject(ref, archived, undefined, call);
    expect(sent('CopyObject')['x-amz-storage-class'], 'of a copy that replaces nothing').toBe(
      'STANDARD_IA',
    );
    expect(() => open({ profile: 'swift-s3api', headers })).toThrow(
      'profile swift-s3api has no storage-class',
    );
  });

  test('headers and storage class of a call win over the settings, for puts, parts and copies of any size', async () => {
    const s3 = s3Backend({
      settings: settingsOf({
        secure: false,
        host: fake.host,
        port: fake.port,
        profile: 'aws',
        storage_class: 'STANDARD_IA',
        headers: [
          {
            content_type: 'text/x-target',
            cache_control: 'no-cache',
            content_language: 'de',
            storage_class: 'GLACIER',
          },
        ],
      }),
      profile: { ...findProfile('aws'), copy: { whole: 10, part: 5 * MIB } },
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
    const own = {
      headers: { 'cache-control': 'max-age=1', 'content-type': 'text/x-own' },
      storageClass: 'ONEZONE_IA',
    };
    const described = {
      'x-amz-storage-class': 'ONEZONE_IA',
      'cache-control': 'max-age=1',
      'content-type': 'text/x-own',
      'content-language': 'de',
    };
    const small = { container, key: 'small' };
    await put(s3, ref, randomContent(20), own);
    expect(sent('PutObject')).toMatchObject(described);
    await put(s3, small, 'x', own);
    await s3.capabilities.multipart!.abort(
      await s3.capabilities.multipart!.begin(ref, { ...plain, ...own }, call),
      call,
    );
    expect(sent('CreateMultipartUpload')).toMatchObject(described);
    const replaced = { contentType: 'text/plain', metaData: {}, ...own };
    await s3.capabilities.copy!.copyObject(small, { container, key: 'copy' }, replaced, call);
    expect(sent('CopyObject')).toMatchObject(described);
    await s3.capabilities.copy!.copyObject(
      ref,
      { container, key: 'copy in parts' },
      replaced,
      call,
    );
    expect(sent('CreateMultipartUpload')).toMatchObject(described);
    expect(fake.count('UploadPartCopy')).toBe(1);
    expect((await s3.headObject({ container, key: 'copy in parts' }, call)).extra).toMatchObject({
      storageClass: 'ONEZONE_IA',
    });
  });

  test('a storage class is refused by a profile that has none', async () => {
    const s3 = open({ profile: 'swift-s3api' });
    expect(await rejection(put(s3, ref, 'x', { storageClass: 'GLACIER' }))).toBeInstanceOf(
      UnsupportedOperationError,
    );
    expect(fake.count('PutObject')).toBe(0);
  });

  test.each([
    ['aws', 'glacier_ir', 'GLACIER_IR'],
    ['aws', 'intelligent_tiering', 'INTELLIGENT_TIERING'],
    ['gcs-interop', 'nearline', 'NEARLINE'],
    ['ceph', 'Cold_Pool', 'COLD_POOL'],
  ])('profile %s takes the storage class %s of a call as %s', async (profile, written, spelled) => {
    const s3 = open({ profile });
    await put(s3, ref, 'x', { storageClass: written });
    expect((await s3.headObject(ref, call)).extra).toMatchObject({ storageClass: spelled });
    await s3.capabilities.copy!.copyObject(
      ref,
      { container, key: 'copy' },
      { ...plain, storageClass: written },
      call,
    );
    expect((await s3.headObject({ container, key: 'copy' }, call)).extra).toMatchObject({
      storageClass: spelled,
    });
  });

  test.each([
    ['aws', 'GLACIER_FAST'],
    ['aws', ''],
    ['r2', 'GLACIER'],
    ['ceph', 'two words'],
  ])(
    'profile %s refuses the storage class "%s" of a call before a request',
    async (profile, storageClass) => {
      const s3 = open({ profile });
      await put(s3, ref, 'x');
      const before = fake.log.length;
      const multipart = s3.capabilities.multipart!;
      for (const refused of [
        put(s3, ref, 'y', { storageClass }),
        multipart.begin(ref, { ...plain, storageClass }, call),
        s3.capabilities.copy!.copyObject(
          ref,
          { container, key: 'copy' },
          { ...plain, storageClass },
          call,
        ),
      ]) {
        const error = await rejection(refused);
        expect(error).toBeInstanceOf(UnsupportedOperationError);
        expect(error.message).toContain(`profile ${profile} has no storage class`);
      }
      expect(fake.log).toHaveLength(before);
    },
  );

  test('a storage class that the provider does not have is refused in the settings, too', () => {
    expect(() => open({ storage_class: 'GLACIER_FAST' })).toThrow(
      'profile aws has no storage class "GLACIER_FAST"',
    );
    expect(() => open({ headers: [{ storage_class: 'NEARLINE' }] })).toThrow(
      'profile aws has no storage class "NEARLINE"',
    );
  });

  test('values that would break the request are refused', async () => {
    const s3 = open();
    for (const headers of [
      { host: 'x' },
      { 'Content-Length': '1' },
      { 'a b': 'x' },
      { x: 'a\nb' },
    ]) {
      expect(await rejection(put(s3, ref, 'x', { headers }))).toBeInstanceOf(StorageError);
    }
    expect(await rejection(put(s3, ref, 'x', { metaData: { 'a b': 'x' } }))).toBeInstanceOf(
      StorageError,
    );
    expect(fake.count('PutObject')).toBe(0);
  });
});

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
    fake.rules.store.bucket(container).encrypted = true;
    const content = randomContent(1000);
    expect((await s3.putObject(ref, streamedBody(content), plain, call)).checksums).toEqual([
      checksumOf('md5', content),
    ]);
    expect(
      fake.log
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
        host: fake.host,
        port: fake.port,
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
    expect(fake.count('UploadPartCopy')).toBe(2);
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
  expect(fake.rules.store.bucket(locked.container).locks).toBe(true);
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

test.each([
  ['aws', 'us-east-1', undefined],
  ['aws', 'eu-central-1', 'eu-central-1'],
  ['scaleway', 'nl-ams', 'nl-ams'],
  ['minio', 'eu-central-1', undefined],
])(
  'S3 client: with profile %s in %s, a new container is created with the location %s',
  async (profile, region, location) => {
    await open({ profile, region }).createContainer('located', call);
    expect(fake.rules.store.bucket('located').location).toBe(location);
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
    fake.rules.skewMs = 25 * 3_600_000;
    expect((await fetch(url)).status).toBe(403);
    expect(
      await rejection(driver.getContainerCdnUrl(await driver.getContainer(container))),
    ).toBeInstanceOf(UnsupportedOperationError);
  });
});

test('S3 presigned URL: carries the session token of temporary keys, and that the requester pays', async () => {
  fake.rules.accounts.push({ accessKey: 'TEMP', secret: 's', sessionToken: 'a+b/c=' });
  const s3 = open({ key: 'TEMP', secret: 's', token: 'a+b/c=', requester_pays: true });
  await put(s3, ref, 'shared');
  const url = await s3.capabilities.cdn!.objectUrl(ref, call);
  expect(await (await fetch(url)).text()).toBe('shared');
  expect([...(fake.log.at(-1)?.query.entries() ?? [])]).toContainEqual([
    'x-amz-request-payer',
    'requester',
  ]);
  const without = url.replace(/&X-Amz-Security-Token=[^&]*/, '');
  expect((await fetch(without)).ok).toBe(false);
});

describe('copies', () => {
  test('of what is larger than one request may copy are made in parts', async () => {
    fake.rules.maxCopySize = 6 * MIB;
    const s3 = s3Backend({
      settings: settingsOf({ secure: false, host: fake.host, port: fake.port, profile: 'aws' }),
      profile: { ...findProfile('aws'), copy: { whole: 6 * MIB, part: 5 * MIB } },
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
    const content = randomContent(11 * MIB);
    const headers = {
      'cache-control': 'no-cache',
      'content-encoding': 'gzip',
      'content-language': 'de',
      expires: 'Thu, 01 Jan 2032 00:00:00 GMT',
    };
    await put(s3, ref, content, { metaData: { mtime: '1.5' }, contentType: 'text/csv', headers });
    const to = { container, key: 'copied/ü' };
    expect(await s3.capabilities.copy!.copyObject(ref, to, undefined, call)).toMatchObject({
      ...to,
      size: 11 * MIB,
    });
    expect(fake.count('UploadPartCopy')).toBe(3);
    expect(await s3.headObject(to, call)).toMatchObject({
      metaData: { mtime: '1.5' },
      extra: { contentType: 'text/csv' },
    });
    expect(fake.rules.store.bucket(container).objects.get(to.key)?.at(-1)?.headers).toMatchObject(
      headers,
    );
    expect((await readAll(await s3.readObject(to, undefined, call))).equals(content)).toBe(true);
    fake.faults.next('UploadPartCopy', { kind: 'inside', code: 'InternalError' });
    await rejection(
      s3.capabilities.copy!.copyObject(ref, { container, key: 'failed' }, undefined, call),
    );
    expect(fake.rules.store.bucket(container).uploads.size).toBe(0);
  });

  test('are made of the version that was seen', async () => {
    const s3 = open();
    await put(s3, ref, 'first');
    await s3.capabilities.copy!.copyObject(ref, { container, key: 'copy' }, undefined, call);
    expect(sent('CopyObject')['x-amz-copy-source-if-match']).toBe(
      `"${checksumOf('md5', Buffer.from('first')).hex}"`,
    );
  });
});

describe('versions', () => {
  test('are listed newest first, read and deleted by id, across pages', async () => {
    const s3 = open();
    const versions = s3.capabilities.versions!;
    expect(await versions.keepsVersions(container, call)).toBe(false);
    fake.rules.store.bucket(container).versioned = true;
    expect(await versions.keepsVersions(container, call)).toBe(true);
    expect(await rejection(versions.keepsVersions('not-there', call))).toBeInstanceOf(
      ContainerDoesNotExistError,
    );
    for (const content of ['one', 'two']) await put(s3, ref, content);
    await s3.deleteObject(ref, call);
    await put(s3, { container, key: 'other é' }, 'x');
    const found = [];
    let after: string | undefined;
    do {
      const page = await versions.listVersions(
        container,
        '',
        after === undefined ? { size: 1 } : { size: 1, after },
        call,
      );
      found.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    expect(
      found.map(({ key, size, isLatest, isDeleteMarker }) => [key, size, isLatest, isDeleteMarker]),
    ).toEqual([
      [ref.key, 0, true, true],
      [ref.key, 3, false, false],
      [ref.key, 3, false, false],
      ['other é', 1, true, false],
    ]);
    expect((await versions.listVersions(container, '', {}, call)).items).toEqual(found);
    expect(
      (
        await readAll(await versions.readVersion(ref, found[2]!.versionId, undefined, call))
      ).toString(),
    ).toBe('one');
    expect(
      (
        await readAll(await versions.readVersion(ref, found[1]!.versionId, { start: 1 }, call))
      ).toString(),
    ).toBe('wo');
    await versions.deleteVersion(ref, found[0]!.versionId, call);
    expect(await contentOf(s3, ref)).toBe('two');
    await versions.deleteVersion(ref, 'never-was', call);
    const { begin, uploadPart, complete } = s3.capabilities.multipart!;
    const token = await begin(ref, plain, call);
    const made = await complete(
      token,
      [await uploadPart(token, 1, bytesBody(Buffer.from('in parts')), call)],
      call,
    );
    const [newest] = (await versions.listVersions(container, ref.key, {}, call)).items;
    expect(made.extra['versionId']).toBe(newest!.versionId);
    expect(await rejection(versions.readVersion(ref, 'never-was', undefined, call))).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
  });
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

test.each([
  ['aws', true],
  ['swift-s3api', false],
])(
  'S3 copy: with profile %s is bound to the ETag of the source that was seen; of an object in parts: %s',
  async (profile, inParts) => {
    const s3 = open({ profile });
    const multipart = s3.capabilities.multipart!;
    await put(s3, { container, key: 'whole' }, 'x');
    const token = await multipart.begin({ container, key: 'parts' }, plain, call);
    await multipart.complete(
      token,
      [await multipart.uploadPart(token, 1, bytesBody(randomContent(10)), call)],
      call,
    );
    for (const [key, bound] of [
      ['whole', true],
      ['parts', inParts],
    ] as const) {
      const { etag } = (await s3.headObject({ container, key }, call)).extra;
      await s3.capabilities.copy!.copyObject(
        { container, key },
        { container, key: 'copy' },
        undefined,
        call,
      );
      expect(sent('CopyObject')['x-amz-copy-source-if-match']).toBe(bound ? etag : undefined);
    }
  },
);
