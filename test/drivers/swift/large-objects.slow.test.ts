import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import { ObjectAccessDeniedError, UnsupportedOperationError } from '../../../src/drivers/errors.js';
import { largeObjects } from '../../../src/drivers/swift/large-objects.js';
import { fakeClock } from '../../fakes/clock.js';
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

test.each<readonly [string, () => Promise<unknown>]>([
  ['a small one', () => put(at.swift, ref, 'small')],
  ['another large one', () => putLarge(ref, randomContent(MIB))],
  ['nothing', () => at.swift.deleteObject(ref, call)],
  [
    'nothing, in a batch',
    () => at.swift.capabilities.batchDelete!.deleteObjects(container, [ref.key, 'other'], call),
  ],
  [
    'a copy',
    async () => {
      await put(at.swift, { container, key: 'source' }, 'copied');
      await at.swift.capabilities.copy!.copyObject(
        { container, key: 'source' },
        ref,
        undefined,
        call,
      );
    },
  ],
])('Swift large object: replaced by %s, loses its segments and no others', async (_, replace) => {
  const old = await putLarge(ref, randomContent(2 * MIB));
  const other = { container, key: 'other large one' };
  const kept = await putLarge(other, randomContent(MIB));
  at.fake.rules.store
    .container(segments)
    .objects.set('another tool’s', at.fake.rules.store.object(segments, inSegments()[0]));
  await replace();
  const left = inSegments();
  expect(left.filter((name) => name.includes(old))).toEqual([]);
  expect(left).toContain('another tool’s');
  expect(left.filter((name) => name.includes('/marks/'))).toEqual([]);
  expect(left.some((name) => name.includes(kept))).toBe(true);
});

test('P5: Swift segments: those that could not be removed are listed by `unfinished`, and can be removed then', async () => {
  const old = await putLarge(ref, randomContent(MIB));
  at.fake.faults.next('BulkDelete', { kind: 'refuse', status: 500 });
  await put(at.swift, ref, 'small');
  expect(
    inSegments().some((name) => name.startsWith(`longshore/segments/${container}/${old}/`)),
  ).toBe(true);
  const multipart = at.swift.capabilities.multipart!;
  const [token, ...more] = await multipart.unfinished(container, 'folder/', call);
  expect({ token, more }).toEqual({
    token: { ...ref, driver: 'swift', opaque: old, discarded: true },
    more: [],
  });
  await multipart.abort(token!, call);
  expect(inSegments()).toEqual([]);
  expect(await contentOf(at.swift, ref)).toBe('small');
});

test('Swift segments: those of another process are removed as well, at the latest a minute after there were none', async () => {
  const clock = fakeClock();
  const other = openFake(at.fake, {}, { clock });
  await put(other, { container, key: 'small' }, 'small');
  await putLarge(ref, randomContent(MIB));
  await clock.advance(61_000);
  await other.deleteObject(ref, call);
  expect(inSegments()).toEqual([]);
  await other.close();
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

test('P4: Swift segments: are removed only after all replicas were asked for the present manifest', async () => {
  await putLarge(ref, randomContent(MIB));
  const before = at.fake.log.length;
  await put(at.swift, ref, 'small');
  const looks = at.fake.log
    .slice(before)
    .filter(({ operation, key }) => operation === 'HeadObject' && key === ref.key);
  expect(looks.map(({ headers }) => headers['x-newest'])).toEqual([undefined, 'true']);
});

test('P5: Swift segments: an upload whose segments were partly removed is listed by `unfinished`', async () => {
  const old = await putLarge(ref, randomContent(2 * MIB));
  at.fake.faults.next('BulkDelete', {
    kind: 'refuse-keys',
    keys: { [inSegments()[0]!]: '403 Forbidden' },
  });
  await put(at.swift, ref, 'small');
  expect(await at.swift.capabilities.multipart!.unfinished(container, '', call)).toMatchObject([
    { opaque: old, discarded: true },
  ]);
});

test('P5: Swift segments: those of an object stay when its upload is aborted by a mark that was left', async () => {
  const content = randomContent(MIB);
  const id = await putLarge(ref, content);
  at.fake.faults.next('PutObject', { kind: 'refuse', status: 500 });
  await rejection(put(at.swift, ref, 'does not get there'));
  const multipart = at.swift.capabilities.multipart!;
  const tokens = await multipart.unfinished(container, '', call);
  expect(tokens.map(({ opaque }) => opaque)).toEqual([id]);
  await multipart.abort(tokens[0]!, call);
  expect((await readAll(await at.swift.readObject(ref, undefined, call))).equals(content)).toBe(
    true,
  );
  expect(await multipart.unfinished(container, '', call)).toEqual([]);
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

test('Swift batch delete: is one request while the container has no segments, and none for no keys', async () => {
  const { batchDelete } = at.swift.capabilities;
  await put(at.swift, ref, 'first');
  await batchDelete!.deleteObjects(container, ['warm up'], call);
  const before = at.fake.log.length;
  await batchDelete!.deleteObjects(container, [ref.key], call);
  await batchDelete!.deleteObjects(container, [], call);
  expect(at.fake.log.slice(before).map(({ operation }) => operation)).toEqual(['BulkDelete']);
});

test('Swift batch delete: removes large objects one by one with their segments, and reports one that may not be deleted, which stays whole', async () => {
  const large = { container, key: 'large' };
  await putLarge(large, randomContent(MIB));
  await putLarge(ref, randomContent(MIB));
  await put(at.swift, { container, key: 'small' }, 'small');
  const before = at.fake.log.length;
  at.fake.faults.next('DeleteObject', { kind: 'refuse', status: 403 });
  const failures = await at.swift.capabilities.batchDelete!.deleteObjects(
    container,
    ['small', large.key, ref.key],
    call,
  );
  const [[failed, why] = ['nothing', undefined], ...more] = failures;
  expect(why).toBeInstanceOf(ObjectAccessDeniedError);
  expect(more).toEqual([]);
  expect(await listKeys(at.swift, container)).toEqual([failed]);
  expect(
    (await readAll(await at.swift.readObject({ container, key: failed }, undefined, call))).length,
  ).toBe(MIB);
  const deletes = at.fake.log
    .slice(before)
    .filter(
      ({ operation, container: where }) => operation === 'DeleteObject' && where === container,
    );
  expect(deletes).toHaveLength(2);
});

test('Swift container: a container of segments that several share stays when it is empty', async () => {
  const sharing = openFake(at.fake, { segments_container: 'all segments' });
  await sharing.createContainer('all segments', call);
  await sharing.deleteContainer(container, call);
  expect([...at.fake.rules.store.containers.keys()]).toEqual(['all segments']);
  await sharing.close();
});

test('Swift container: is deleted with that of its segments, unless another program has objects there', async () => {
  await putLarge(ref, randomContent(MIB));
  await at.swift.deleteObject(ref, call);
  await at.swift.deleteContainer(container, call);
  expect([...at.fake.rules.store.containers.keys()]).toEqual([]);
  await at.swift.createContainer(container, call);
  await at.swift.createContainer(segments, call);
  await put(at.swift, { container: segments, key: 'x' }, 'x');
  await at.swift.deleteContainer(container, call);
  expect([...at.fake.rules.store.containers.keys()]).toEqual([segments]);
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

test('P5: Swift segments: an upload that is under way keeps its mark when another client looks at the object', async () => {
  const dead = new Set<string>();
  let madeOf = 'old';
  let look = (): void => {};
  const looked = new Promise<void>((resolve) => {
    look = resolve;
  });
  let goOn = (): void => {};
  const paused = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const parts = {
    mayExist: async () => true,
    // The first to ask for the newest is slow to hear the answer.
    async madeOf(_: unknown, __: unknown, newest = false) {
      const found = {
        uploadId: madeOf,
        uploadIds: [madeOf],
        foreign: undefined,
        owned: true,
        isKnown: true,
        sharedByCopy: false,
      };
      if (!newest) return found;
      look();
      await paused;
      return found;
    },
    remove: () => Promise.reject(new Error('the process ends before the segments are gone')),
  };
  const marks = {
    write: async (_: unknown, __: unknown, id: string) => void dead.add(id),
    remove: async (state: string, _: unknown, id: string) =>
      void (state === 'dead' && dead.delete(id)),
  };
  const large = largeObjects(parts, marks);
  const discarded = large.discard(ref, 'old', call);
  await looked;
  const replaced = large.replacing(ref, call, async () => {
    madeOf = 'new';
  });
  goOn();
  await Promise.all([discarded, replaced]);
  expect([...dead]).toEqual(['old']);
});
