import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import type { Multipart } from '../../../src/drivers/capabilities.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import { ObjectDoesNotExistError } from '../../../src/drivers/errors.js';
import { sendObject } from '../../../src/drivers/send.js';
import { call, plain, put, randomContent, readAll, rejection } from '../conformance/fixture.js';
import { BUCKET, REF, withBucket } from './rig.js';

const PART = 10_000_000;

test('B2 large files: go on after a restart with what is there, and are listed and cancelled', async () => {
  const { fake, open } = await withBucket({ pageLimit: 2 });
  const content = randomContent(3 * PART + 17);
  const before = open().capabilities.multipart as Multipart;
  const token = await before.begin(REF, { ...plain, metaData: { mtime: '17.5' } }, call);
  for (const number of [1, 2]) {
    const bytes = content.subarray((number - 1) * PART, number * PART);
    await before.uploadPart(token, number, bytesBody(bytes), call);
  }
  const again = open();
  const multipart = again.capabilities.multipart as Multipart;
  expect(await multipart.unfinished(BUCKET, 'laptop/', call)).toMatchObject([token]);
  expect(await multipart.unfinished(BUCKET, 'desktop/', call)).toEqual([]);
  const parts = await multipart.uploadedParts(token, call);
  expect(parts.map(({ number, size }) => [number, size])).toEqual([
    [1, PART],
    [2, PART],
  ]);
  const count = fake.count('b2_upload_part');
  const { info } = await sendObject(again, REF, bytesBody(content), plain, {
    ...call,
    verifyHash: true,
    resume: { token, keep: async () => {} },
    partsAbove: PART,
    partSize: PART,
  });
  expect(fake.count('b2_upload_part')).toBe(count + 2);
  expect(info).toMatchObject({ size: content.byteLength, metaData: { mtime: '17.5' } });
  expect((await readAll(await again.readObject(REF, undefined, call))).equals(content)).toBe(true);
  const aborted = await multipart.begin(REF, plain, call);
  await multipart.abort(aborted, call);
  expect(await multipart.unfinished(BUCKET, '', call)).toEqual([]);
  expect(await rejection(multipart.uploadedParts(aborted, call))).toBeInstanceOf(
    ObjectDoesNotExistError,
  );
});

test('P2: B2 large files: a part that changes on its way is refused, and no byte is read back when all were confirmed', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  const content = randomContent(2 * PART);
  fake.faults.next('b2_upload_part', { kind: 'flip', at: 5 });
  const send = () =>
    sendObject(backend, REF, bytesBody(content), plain, {
      ...call,
      verifyHash: true,
      partsAbove: PART,
      partSize: PART,
    });
  expect(await rejection(send())).toMatchObject({ name: 'ObjectHashMismatchError' });
  expect(await backend.capabilities.multipart!.unfinished(BUCKET, '', call)).toEqual([]);
  const { info } = await send();
  expect(info.extra['contentSha1']).toBe('none');
  expect(fake.count('b2_download_file')).toBe(0);
});

test('B2 large files: a SHA-1 that is known beforehand is said with the file, goes with a copy, and is its digest', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  const { multipart, copy } = backend.capabilities;
  const content = randomContent(PART);
  const sha1 = checksumOf('sha1', content);
  const token = await multipart!.begin(REF, { ...plain, checksums: [sha1] }, call);
  const part = await multipart!.uploadPart(token, 1, bytesBody(content), call);
  await multipart!.complete(token, [part], call);
  const to = { ...REF, key: 'laptop/copy' };
  const replaced = { contentType: 'text/plain', metaData: { mode: '100644' } };
  await copy!.copyObject(REF, to, replaced, call);
  for (const ref of [REF, to])
    expect((await backend.headObject(ref, call)).checksums).toEqual([sha1]);
  expect((await backend.headObject(to, call)).metaData).toEqual({ mode: '100644' });
  expect(fake.count('b2_copy_file')).toBe(1);
});

test('B2 copies: a source that is replaced after it was looked at is copied as it was seen', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  await put(backend, REF, 'the one');
  fake.doors.close('b2_copy_file');
  const to = { ...REF, key: 'laptop/copy' };
  const copying = backend.capabilities.copy!.copyObject(REF, to, undefined, call);
  await expect.poll(() => fake.doors.arrived('b2_copy_file')).toBe(1);
  await put(backend, REF, 'another one');
  fake.doors.open('b2_copy_file');
  await copying;
  expect((await readAll(await backend.readObject(to, undefined, call))).toString()).toBe('the one');
});

test('B2 large files: parts whose first makes no two of B2’s are refused before a request', async () => {
  const { fake, open } = await withBucket();
  const begin = open().capabilities.multipart!.begin(REF, { ...plain, partSize: 6_000_000 }, call);
  expect(await rejection(begin)).toMatchObject({
    message: 'part_size is 6000000 bytes: B2 takes parts of 10000000 bytes and more',
    retry: 'never',
  });
  expect(fake.count('b2_start_large_file')).toBe(0);
});

test('B2 large files: an account whose parts may be smaller gets smaller ones', async () => {
  const { fake, open } = await withBucket({ smallestPart: 100_000 });
  const backend = open();
  const content = randomContent(700_000);
  const settings = { ...call, verifyHash: true, partsAbove: 1, partSize: 300_000 };
  await sendObject(backend, REF, bytesBody(content), plain, settings);
  const sizes = fake.log
    .filter(({ operation }) => operation === 'b2_upload_part')
    .map(({ bytes }) => bytes);
  expect(sizes.sort()).toEqual([100_000, 100_000, 200_000, 300_000]);
  expect((await readAll(await backend.readObject(REF, undefined, call))).equals(content)).toBe(
    true,
  );
});
