import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { ObjectInfo } from '../../../src/drivers/call.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import { ObjectHashMismatchError } from '../../../src/drivers/errors.js';
import { compositeEtag, etagMeaning } from '../../../src/drivers/s3/etag.js';
import { profileNames } from '../../../src/drivers/s3/profiles.js';
import { sendObject } from '../../../src/drivers/send.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import {
  call,
  listAll,
  plain,
  randomContent,
  rejection,
  streamedBody,
  uniqueContainerName,
} from '../conformance/fixture.js';
import { openFake } from './open.js';

const KMS = ['aws:kms', 'aws:kms:dsse'];
const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';
const PART = 5 * 2 ** 20;

/** Whose parts have an ETag that is their MD5, and whose objects in parts one that is made of these. */
const PARTS: Readonly<
  Record<string, readonly [parts: 'md5' | 'opaque', composite: 'compared' | 'unknown']>
> = {
  aws: ['md5', 'compared'],
  minio: ['md5', 'compared'],
  ceph: ['md5', 'compared'],
  r2: ['opaque', 'unknown'],
  b2: ['md5', 'unknown'],
  wasabi: ['md5', 'compared'],
  digitalocean: ['md5', 'compared'],
  scaleway: ['md5', 'compared'],
  ovh: ['md5', 'compared'],
  linode: ['md5', 'compared'],
  'gcs-interop': ['md5', 'unknown'],
  'swift-s3api': ['md5', 'compared'],
  generic: ['md5', 'unknown'],
};

/** Those whose streams carry something else than an MD5 without TLS: only these can be found to need one afterwards. */
const LEARNED = new Set(['aws', 'minio', 'ceph']);

test('S3 ETag: the table has every profile', () =>
  expect(Object.keys(PARTS)).toEqual(profileNames));

test.each([
  ['an MD5', { etag: `"${MD5}"` }, MD5],
  ['an MD5 without quotes, in capitals', { etag: MD5.toUpperCase() }, MD5],
  [
    'an MD5 encrypted with the provider’s key',
    { etag: `"${MD5}"`, 'x-amz-server-side-encryption': 'AES256' },
    MD5,
  ],
  ...KMS.map(
    (kind) =>
      [kind, { etag: `"${MD5}"`, 'x-amz-server-side-encryption': kind }, undefined] as const,
  ),
  [
    'a customer’s key',
    { etag: `"${MD5}"`, 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
    undefined,
  ],
  ['of parts', { etag: `"${MD5}-2"` }, undefined],
  ['weak', { etag: `W/"${MD5}"` }, undefined],
  ['something else', { etag: '"ABwcsNIEIx/3TXD"' }, undefined],
  ['none', {}, undefined],
] as const)('S3 ETag: that of %s is the content’s MD5: %j %s', (_, headers, md5) => {
  const expected = md5 === undefined ? [] : [{ algorithm: 'md5', hex: md5 }];
  expect(etagMeaning('md5', 'md5', false).ofAnswer('c', headers)).toEqual(expected);
  expect(etagMeaning('opaque', 'md5', false).ofAnswer('c', headers)).toEqual([]);
  expect(etagMeaning('md5', 'md5', false).ofPart('c', headers)).toBe(md5);
  expect(etagMeaning('md5', 'opaque', false).ofPart('c', headers)).toBeUndefined();
});

describe.each(Object.entries(PARTS))('with profile %s', (profile, [partEtag, composite]) => {
  let fake: FakeS3;
  let s3: Backend;
  let container: string;

  beforeAll(async () => {
    fake = await startFakeS3();
    s3 = openFake(fake, { profile });
  });
  beforeEach(async () => {
    container = uniqueContainerName();
    await s3.createContainer(container, call);
  });
  afterAll(async () => {
    await s3.close();
    await fake.close();
    fake.faults.assertUsedUp();
  });

  const send = (key: string, content: Buffer) =>
    sendObject(s3, { container, key }, streamedBody(content), plain, { ...call, verifyHash: true });
  const digestsSent = (operation: string) =>
    fake.log
      .filter((each) => each.operation === operation)
      .map(({ headers }) => headers['content-md5'] !== undefined);

  async function inParts(key: string): Promise<ObjectInfo> {
    const multipart = s3.capabilities.multipart!;
    const token = await multipart.begin({ container, key }, plain, call);
    const parts = [await multipart.uploadPart(token, 1, bytesBody(randomContent(PART)), call)];
    parts.push(await multipart.uploadPart(token, 2, streamedBody(randomContent(9)), call));
    for (const { md5 } of parts) expect(md5).toBeDefined(); // confirmed, by whatever it is
    return multipart.complete(token, parts, call);
  }

  test('P2: the ETag of what was put whole is compared, in answers, looks and listings', async () => {
    const content = randomContent(20);
    expect((await send('whole', content)).info.checksums).toEqual([checksumOf('md5', content)]);
    for (const info of [
      await s3.headObject({ container, key: 'whole' }, call),
      ...(await listAll(s3, container)),
    ])
      expect(info.checksums).toEqual([checksumOf('md5', content)]);
    fake.faults.next('PutObject', { kind: 'wrong-etag' });
    expect(await rejection(send('wrong', content))).toBeInstanceOf(ObjectHashMismatchError);
  });

  test('P2: where a KMS key encrypts, no ETag is, and the provider compares a digest that is sent along', async () => {
    fake.rules.store.bucket(container).encrypted = true;
    const content = randomContent(20);
    const before = digestsSent('PutObject').length;
    expect((await send('encrypted', content)).checksum).toEqual(checksumOf('md5', content));
    expect(digestsSent('PutObject').slice(before)).toEqual(
      LEARNED.has(profile) ? [false, true] : [true],
    );
    for (const info of [
      await s3.headObject({ container, key: 'encrypted' }, call),
      ...(await listAll(s3, container)),
    ])
      expect(info.checksums).toEqual([]);
    await inParts('encrypted in parts');
    expect(
      s3.capabilities.multipart!.etagOfParts(container, [{ md5: MD5, size: 0 }]),
    ).toBeUndefined();
  });

  test('P2: a part whose answer first shows that a KMS key encrypts is sent again with a digest', async () => {
    fake.rules.store.bucket(container).encrypted = true;
    const multipart = s3.capabilities.multipart!;
    const token = await multipart.begin({ container, key: 'parts' }, plain, call);
    const before = digestsSent('UploadPart').length;
    const content = randomContent(20);
    const { md5 } = await multipart.uploadPart(token, 1, streamedBody(content), call);
    expect(md5).toBe(checksumOf('md5', content).hex);
    expect(digestsSent('UploadPart').slice(before)).toEqual(
      LEARNED.has(profile) ? [false, true] : [true],
    );
    await multipart.abort(token, call);
  });

  test(`P2: the ETag of a part is ${partEtag}`, async () => {
    const multipart = s3.capabilities.multipart!;
    const token = await multipart.begin({ container, key: 'parts' }, plain, call);
    const before = digestsSent('UploadPart').length;
    fake.faults.next('UploadPart', { kind: 'wrong-etag' });
    const sent = multipart.uploadPart(token, 1, streamedBody(randomContent(20)), call);
    if (partEtag === 'md5') expect(await rejection(sent)).toBeInstanceOf(ObjectHashMismatchError);
    else expect((await sent).md5).toBeDefined();
    expect(digestsSent('UploadPart').slice(before)).toEqual([!LEARNED.has(profile)]);
    await multipart.abort(token, call);
  });

  test(`P2: the ETag of an object in parts is no MD5 of its content, and ${composite}`, async () => {
    await inParts('made of parts');
    for (const info of [
      await s3.headObject({ container, key: 'made of parts' }, call),
      ...(await listAll(s3, container)),
    ])
      expect(info.checksums).toEqual([]);
    const expected = composite === 'compared' ? compositeEtag([MD5, MD5]) : undefined;
    const parts = [MD5, MD5].map((md5) => ({ md5, size: 0 }));
    expect(s3.capabilities.multipart!.etagOfParts(container, parts)).toBe(expected);
    fake.faults.next('CompleteMultipartUpload', { kind: 'wrong-etag' });
    const completed = inParts('with a wrong ETag');
    if (composite === 'compared')
      expect(await rejection(completed)).toBeInstanceOf(ObjectHashMismatchError);
    else expect(await completed).toMatchObject({ size: PART + 9, checksums: [] });
  });
});
