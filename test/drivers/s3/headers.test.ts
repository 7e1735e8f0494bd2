import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { StorageError, UnsupportedOperationError } from '../../../src/drivers/errors.js';
import { createHttpClient } from '../../../src/drivers/http/http-client.js';
import { s3Backend } from '../../../src/drivers/s3/backend.js';
import { findProfile } from '../../../src/drivers/s3/profiles.js';
import { ACCOUNT } from '../../fakes/s3/server.js';
import { call, plain, put, randomContent, rejection } from '../conformance/fixture.js';
import { at, container, MIB, open, opened, ref, sent, withFakeS3 } from './features-fixture.js';
import { settingsOf } from './open.js';

withFakeS3();

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
    await put(s3, ref, 'x', { bookkeeping: true });
    expect(sent('PutObject')).toMatchObject({ 'x-amz-acl': 'bucket-owner-full-control' });
    expect(
      Object.keys(sent('PutObject')).filter((name) => /^x-amz-(object-lock|storage)/.test(name)),
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
        host: at.fake.host,
        port: at.fake.port,
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
    expect(at.fake.count('UploadPartCopy')).toBe(1);
    expect((await s3.headObject({ container, key: 'copy in parts' }, call)).extra).toMatchObject({
      storageClass: 'ONEZONE_IA',
    });
  });

  test('a storage class is refused by a profile that has none', async () => {
    const s3 = open({ profile: 'swift-s3api' });
    expect(await rejection(put(s3, ref, 'x', { storageClass: 'GLACIER' }))).toBeInstanceOf(
      UnsupportedOperationError,
    );
    expect(at.fake.count('PutObject')).toBe(0);
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
      const before = at.fake.log.length;
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
      expect(at.fake.log).toHaveLength(before);
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
    expect(at.fake.count('PutObject')).toBe(0);
  });
});
