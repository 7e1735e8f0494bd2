import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
} from '../../../src/drivers/errors.js';
import { createHttpClient } from '../../../src/drivers/http/http-client.js';
import { s3Backend } from '../../../src/drivers/s3/backend.js';
import { findProfile } from '../../../src/drivers/s3/profiles.js';
import { ACCOUNT } from '../../fakes/s3/server.js';
import {
  call,
  contentOf,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
} from '../conformance/fixture.js';
import { at, container, MIB, open, opened, ref, sent, withFakeS3 } from './features-fixture.js';
import { settingsOf } from './open.js';

withFakeS3();

describe('copies', () => {
  test('of what is larger than one request may copy are made in parts', async () => {
    at.fake.rules.maxCopySize = 6 * MIB;
    const s3 = s3Backend({
      settings: settingsOf({
        secure: false,
        host: at.fake.host,
        port: at.fake.port,
        profile: 'aws',
      }),
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
    expect(at.fake.count('UploadPartCopy')).toBe(3);
    expect(await s3.headObject(to, call)).toMatchObject({
      metaData: { mtime: '1.5' },
      extra: { contentType: 'text/csv' },
    });
    expect(
      at.fake.rules.store.bucket(container).objects.get(to.key)?.at(-1)?.headers,
    ).toMatchObject(headers);
    expect((await readAll(await s3.readObject(to, undefined, call))).equals(content)).toBe(true);
    at.fake.faults.next('UploadPartCopy', { kind: 'inside', code: 'InternalError' });
    await rejection(
      s3.capabilities.copy!.copyObject(ref, { container, key: 'failed' }, undefined, call),
    );
    expect(at.fake.rules.store.bucket(container).uploads.size).toBe(0);
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
    at.fake.rules.store.bucket(container).versioned = true;
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
    expect(await versions.headVersion(ref, found[2]!.versionId, call)).toMatchObject({
      size: 3,
      checksums: [{ algorithm: 'md5', hex: 'f97c5d29941bfb1b2fdab0874906ab82' }],
      extra: { versionId: found[2]!.versionId },
    });
    expect(await rejection(versions.headVersion(ref, 'never-was', call))).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
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
