import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import { UnsupportedOperationError } from '../../../src/drivers/errors.js';
import {
  call,
  contentOf,
  listAll,
  listKeys,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
} from '../conformance/fixture.js';
import {
  large as at,
  container,
  inSegments,
  MIB,
  putLarge,
  ref,
  segments,
  withLargeObjects,
} from './large-fixture.js';
import { openFake } from './open.js';

withLargeObjects();

test('Swift large object: has segments under its own name, and no ETag that counts as its hash', async () => {
  const content = randomContent(2 * MIB + 5);
  const id = await putLarge(ref, content);
  expect(inSegments()).toEqual(
    ['00001', '00002', '00003'].map((number) => `longshore/segments/${container}/${id}/${number}`),
  );
  for (const info of [
    await at.swift.headObject(ref, call),
    ...(await listAll(at.swift, container)),
  ]) {
    expect(info).toMatchObject({
      size: content.length,
      checksums: [],
      extra: { largeObject: 'static' },
    });
  }
});

test('Swift large object: has the digest that was known before, which is no metadata of the caller', async () => {
  const content = randomContent(MIB + 5);
  const checksums = [checksumOf('md5', content)];
  await putLarge(ref, content, { ...plain, metaData: { mtime: '1.5' }, checksums });
  expect(await at.swift.headObject(ref, call)).toMatchObject({
    checksums,
    metaData: { mtime: '1.5' },
  });
  await at.swift.capabilities.copy!.copyObject(
    ref,
    ref,
    { contentType: 'text/plain', metaData: { mtime: '2' } },
    call,
  );
  expect(await at.swift.headObject(ref, call)).toMatchObject({
    checksums,
    metaData: { mtime: '2' },
    extra: { largeObject: 'static' },
  });
});

test('P4: Swift segments: stay when the deleted object only looked like a manifest, or was a dynamic one', async () => {
  await putLarge(ref, randomContent(MIB));
  const [segment] = inSegments();
  const impostor = { container, key: 'impostor' };
  await put(at.swift, impostor, JSON.stringify([{ name: `/${segments}/${segment}` }]));
  await put(at.swift, impostor, 'replaced');
  const headers = { 'x-object-manifest': `${segments}/longshore/` };
  at.fake.rules.store
    .container(container)
    .objects.set('dynamic', { ...at.fake.rules.store.object(container, 'impostor'), headers });
  expect((await at.swift.headObject({ container, key: 'dynamic' }, call)).size).toBe(MIB);
  await at.swift.deleteObject({ container, key: 'dynamic' }, call);
  await at.swift.deleteObject({ container, key: 'never was' }, call);
  expect(inSegments()).toEqual([segment]);
});

test('Swift copy: a large object is copied whole where it fits, with an MD5, else in segments of its own', async () => {
  const { copy } = at.swift.capabilities;
  for (const size of [MIB + 5, 5 * MIB + 5]) {
    const from = { container, key: `from ${size}` };
    const to = { container, key: `to ${size}` };
    const content = randomContent(size);
    const headers = { 'cache-control': 'no-cache', 'content-language': 'de' };
    await putLarge(from, content, {
      ...plain,
      contentType: 'video/mp4',
      metaData: { mtime: '1.5' },
      headers,
    });
    const info = await copy!.copyObject(from, to, undefined, call);
    expect(info.checksums).toEqual(size > 2 * MIB ? [] : [checksumOf('md5', content)]);
    await at.swift.deleteObject(from, call);
    expect((await readAll(await at.swift.readObject(to, undefined, call))).equals(content)).toBe(
      true,
    );
    const extra = { contentType: 'video/mp4', cacheControl: 'no-cache', contentLanguage: 'de' };
    expect(await at.swift.headObject(to, call)).toMatchObject({
      size,
      metaData: { mtime: '1.5' },
      extra,
    });
  }
});

test('Swift dynamic large object: is read as a whole, keeps its segments, and has no hash', async () => {
  for (const [key, part] of [['parts/1', 'one '] as const, ['parts/2', 'two'] as const])
    await put(at.swift, { container, key }, part);
  const manifest = { container, key: 'dynamic' };
  const stored = {
    bytes: Buffer.alloc(0),
    headers: { 'x-object-manifest': `${container}/parts/`, 'content-type': 'text/plain' },
  };
  at.fake.rules.store
    .container(container)
    .objects.set('dynamic', { ...stored, modifiedMs: Date.now(), segments: undefined });
  expect(await at.swift.headObject(manifest, call)).toMatchObject({
    size: 7,
    checksums: [],
    extra: { largeObject: 'dynamic' },
  });
  expect(await contentOf(at.swift, manifest)).toBe('one two');
  await at.swift.capabilities.copy!.copyObject(
    manifest,
    manifest,
    { contentType: 'text/csv', metaData: { a: '1' } },
    call,
  );
  expect(await at.swift.headObject(manifest, call)).toMatchObject({
    size: 7,
    metaData: { a: '1' },
    extra: { contentType: 'text/csv' },
  });
  await at.swift.deleteObject(manifest, call);
  expect(await listKeys(at.swift, container)).toEqual(['parts/1', 'parts/2']);
});

test('Swift put: is one request while the container has no segments', async () => {
  await put(at.swift, ref, 'first');
  const before = at.fake.log.length;
  await put(at.swift, ref, 'second');
  expect(at.fake.log.slice(before).map(({ operation }) => operation)).toEqual(['PutObject']);
});

test('Swift headers of a call: win over those by name pattern, for objects, parts and copies', async () => {
  const ruled = openFake(at.fake, {
    max_put_size: '2MiB',
    headers: [{ content_type: 'text/x-target', cache_control: 'no-cache' }],
  });
  const own = { ...plain, headers: { 'cache-control': 'max-age=1', 'content-type': 'text/x-own' } };
  const described = { extra: { contentType: 'text/x-own', cacheControl: 'max-age=1' } };
  const copies = ruled.capabilities.copy!;
  const multipart = ruled.capabilities.multipart!;
  const small = { container, key: 'small' };
  await put(ruled, small, 'x', own);
  const token = await multipart.begin(ref, own, call);
  const parts = [1, 2, 3].map((number) =>
    multipart.uploadPart(token, number, bytesBody(randomContent(MIB)), call),
  );
  await multipart.complete(token, await Promise.all(parts), call);
  for (const [from, to] of [
    [small, small],
    [ref, ref],
    [small, { container, key: 'copy' }],
    [ref, { container, key: 'copy in parts' }],
  ] as const) {
    expect(await ruled.headObject(from, call)).toMatchObject(described);
    const again = {
      contentType: 'text/plain',
      metaData: {},
      headers: { ...own.headers, 'cache-control': 'max-age=2' },
    };
    await copies.copyObject(from, to, again, call);
    expect(await ruled.headObject(to, call)).toMatchObject({
      extra: { contentType: 'text/x-own', cacheControl: 'max-age=2' },
    });
    await copies.copyObject(from, from, { ...again, headers: own.headers }, call);
  }
  await ruled.close();
});

test('Swift put: refuses a storage class', async () => {
  expect(await rejection(put(at.swift, ref, 'x', { storageClass: 'GLACIER' }))).toBeInstanceOf(
    UnsupportedOperationError,
  );
});

test('Swift headers by name pattern: are sent with objects, whole or in parts, and with copies', async () => {
  const ruled = openFake(at.fake, {
    headers: [{ match: '*.html', content_type: 'text/x-page', cache_control: 'no-cache' }],
  });
  const page = { container, key: 'folder/page.html' };
  const described = { extra: { contentType: 'text/x-page', cacheControl: 'no-cache' } };
  await put(ruled, page, 'x');
  expect(await ruled.headObject(page, call)).toMatchObject(described);
  await ruled.capabilities.copy!.copyObject(
    page,
    page,
    { contentType: 'text/plain', metaData: {} },
    call,
  );
  expect(await ruled.headObject(page, call)).toMatchObject(described);
  const multipart = ruled.capabilities.multipart!;
  const token = await multipart.begin(page, plain, call);
  await multipart.complete(
    token,
    [await multipart.uploadPart(token, 1, bytesBody(randomContent(MIB)), call)],
    call,
  );
  expect(await ruled.headObject(page, call)).toMatchObject(described);
  await put(ruled, { container, key: 'plain.txt' }, 'x');
  expect(
    (await ruled.headObject({ container, key: 'plain.txt' }, call)).extra['cacheControl'],
  ).toBeUndefined();
  await ruled.close();
});

test('Swift large object: leaves no segments when it was the first of its container and is replaced at once', async () => {
  await putLarge(ref, randomContent(MIB));
  await at.swift.deleteObject(ref, call);
  expect(inSegments()).toEqual([]);
  const again = openFake(at.fake, { max_put_size: '2MiB' });
  await put(again, ref, 'looks for segments, and finds none');
  await at.swift.close();
  at.swift = again;
  await putLarge(ref, randomContent(MIB));
  expect(inSegments()).toHaveLength(1);
  await put(at.swift, ref, 'small');
  expect(inSegments()).toEqual([]);
});
