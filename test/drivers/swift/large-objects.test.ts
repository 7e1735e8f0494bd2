import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { ObjectRef, PutOptions } from '../../../src/drivers/call.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import { ObjectAccessDeniedError, ObjectDoesNotExistError, StorageError, UnsupportedOperationError } from '../../../src/drivers/errors.js';
import { largeObjects } from '../../../src/drivers/swift/large-objects.js';
import { fakeClock } from '../../fakes/clock.js';
import { type FakeSwift, startFakeSwift } from '../../fakes/swift/server.js';
import { call, contentOf, listAll, listKeys, plain, put, randomContent, readAll, rejection } from '../conformance/fixture.js';
import { openFake } from './open.js';

const MIB = 2 ** 20;
const container = 'large';
const segments = `${container}_segments`;
const ref = { container, key: 'folder/film é' };
let fake: FakeSwift;
let swift: Backend;

beforeEach(async () => {
  fake = await startFakeSwift();
  swift = openFake(fake, { max_put_size: '2MiB' });
  await swift.createContainer(container, call);
});

afterEach(async () => {
  await swift.close();
  await fake.close();
  fake.faults.assertUsedUp();
});

async function putLarge(to: ObjectRef, content: Buffer, options: PutOptions = plain): Promise<string> {
  const multipart = swift.capabilities.multipart!;
  const token = await multipart.begin(to, options, call);
  const parts = [];
  for (let at = 0; at < content.length; at += MIB) {
    parts.push(await multipart.uploadPart(token, at / MIB + 1, bytesBody(content.subarray(at, at + MIB)), call));
  }
  await multipart.complete(token, parts, call);
  return token.opaque;
}

const md5Of = (content: string) => checksumOf('md5', Buffer.from(content)).hex;
const inSegments = () => [...(fake.rules.store.containers.get(segments)?.objects.keys() ?? [])];

test('a large object has segments under a name of its own, and no ETag that is taken for its hash', async () => {
  const content = randomContent(2 * MIB + 5);
  const id = await putLarge(ref, content);
  expect(inSegments()).toEqual(['00001', '00002', '00003'].map((number) => `longshore/segments/${container}/${id}/${number}`));
  for (const info of [await swift.headObject(ref, call), ...(await listAll(swift, container))]) {
    expect(info).toMatchObject({ size: content.length, checksums: [], extra: { largeObject: 'static' } });
  }
});

test('a digest that was known before is told of the large object, and is no metadata of the caller', async () => {
  const content = randomContent(MIB + 5);
  const checksums = [checksumOf('md5', content)];
  await putLarge(ref, content, { ...plain, metaData: { mtime: '1.5' }, checksums });
  expect(await swift.headObject(ref, call)).toMatchObject({ checksums, metaData: { mtime: '1.5' } });
  await swift.capabilities.copy!.copyObject(ref, ref, { contentType: 'text/plain', metaData: { mtime: '2' } }, call);
  expect(await swift.headObject(ref, call)).toMatchObject({ checksums, metaData: { mtime: '2' }, extra: { largeObject: 'static' } });
});

test.each<readonly [string, () => Promise<unknown>]>([
  ['a small one', () => put(swift, ref, 'small')],
  ['another large one', () => putLarge(ref, randomContent(MIB))],
  ['nothing', () => swift.deleteObject(ref, call)],
  ['nothing, in a batch', () => swift.capabilities.batchDelete!.deleteObjects(container, [ref.key, 'other'], call)],
  [
    'a copy',
    async () => {
      await put(swift, { container, key: 'source' }, 'copied');
      await swift.capabilities.copy!.copyObject({ container, key: 'source' }, ref, undefined, call);
    },
  ],
])('replacing a large object by %s removes its segments, and nothing else in their container', async (_, replace) => {
  const old = await putLarge(ref, randomContent(2 * MIB));
  const other = { container, key: 'other large one' };
  const kept = await putLarge(other, randomContent(MIB));
  fake.rules.store.container(segments).objects.set('somebody else’s', fake.rules.store.object(segments, inSegments()[0]));
  await replace();
  const left = inSegments();
  expect(left.filter((name) => name.includes(old))).toEqual([]);
  expect(left).toContain('somebody else’s');
  expect(left.filter((name) => name.includes('/marks/'))).toEqual([]);
  expect(left.some((name) => name.includes(kept))).toBe(true);
});

test('P5: segments that could not be removed are found by `unfinished`, and go then', async () => {
  const old = await putLarge(ref, randomContent(MIB));
  fake.faults.next('BulkDelete', { kind: 'refuse', status: 500 });
  await put(swift, ref, 'small');
  expect(inSegments().some((name) => name.startsWith(`longshore/segments/${container}/${old}/`))).toBe(true);
  const multipart = swift.capabilities.multipart!;
  const [token, ...more] = await multipart.unfinished(container, 'folder/', call);
  expect({ token, more }).toEqual({ token: { ...ref, driver: 'swift', opaque: old, discarded: true }, more: [] });
  await multipart.abort(token!, call);
  expect(inSegments()).toEqual([]);
  expect(await contentOf(swift, ref)).toBe('small');
});

test('P5: an upload that is aborted is found again until all of it is gone', async () => {
  const multipart = swift.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  await multipart.uploadPart(token, 1, bytesBody(Buffer.from('part')), call);
  fake.faults.next('PutMark', { kind: 'refuse', status: 500 });
  expect(await rejection(multipart.abort(token, call)), 'nothing is removed before that is noted').toBeInstanceOf(StorageError);
  expect(await multipart.uploadedParts(token, call)).toHaveLength(1);
  fake.faults.next('BulkDelete', { kind: 'refuse', status: 500 });
  expect(await rejection(multipart.abort(token, call))).toBeInstanceOf(StorageError);
  expect(await multipart.unfinished(container, '', call)).toMatchObject([{ opaque: token.opaque, discarded: true }]);
  expect(await rejection(multipart.uploadedParts(token, call))).toBeInstanceOf(ObjectDoesNotExistError);
  await multipart.abort(token, call);
  expect(inSegments()).toEqual([]);
  fake.rules.store.containers.delete(segments);
  await multipart.abort(token, call);
});

test('a service that takes less than a segment has segments of what it takes', async () => {
  const small = openFake(fake, { max_put_size: '1MiB', segment_size: '4MiB' });
  expect(small.capabilities.multipart!.partSize).toMatchObject({ min: MIB, max: MIB });
  const large = openFake(fake, { max_put_size: '8MiB', segment_size: '4MiB' });
  expect(large.capabilities.multipart!.partSize).toMatchObject({ min: 4 * MIB, max: 8 * MIB });
  await small.close();
  await large.close();
});

test('an upload whose completion was refused can be aborted at once, and one that was not answered later', async () => {
  const multipart = swift.capabilities.multipart!;
  for (const status of [403, 503]) {
    const token = await multipart.begin(ref, plain, call);
    const part = await multipart.uploadPart(token, 1, bytesBody(Buffer.from('part')), call);
    fake.faults.next('PutManifest', { kind: 'refuse', status });
    await rejection(multipart.complete(token, [part], call));
    if (status === 403) await multipart.abort(token, call);
    else expect((await rejection(multipart.abort(token, call))).message).toContain('may still come through');
  }
});

test('an upload that may not be noted is not begun', async () => {
  fake.faults.next('PutMark', { kind: 'refuse', status: 403 });
  expect(await rejection(swift.capabilities.multipart!.begin(ref, plain, call))).toBeInstanceOf(StorageError);
  expect(inSegments()).toEqual([]);
});

test.each(['another object', 'nothing', 'another large object'])(
  'P2: an upload that is gone is not complete, with %s under its name',
  async (there) => {
    const multipart = swift.capabilities.multipart!;
    const token = await multipart.begin(ref, plain, call);
    const part = await multipart.uploadPart(token, 1, bytesBody(Buffer.from('part')), call);
    await multipart.abort(token, call);
    if (there === 'another object') await put(swift, ref, 'part');
    if (there === 'another large object') await putLarge(ref, randomContent(MIB));
    for (const parts of [[part], []]) {
      expect(await rejection(multipart.complete(token, parts, call))).toBeInstanceOf(ObjectDoesNotExistError);
    }
  },
);

test('P5: the mark of an upload that was completed goes later, when it could not go at once, and only the mark', async () => {
  fake.faults.next('DeleteObject', { kind: 'refuse', status: 500 });
  const content = randomContent(MIB);
  const id = await putLarge(ref, content);
  const multipart = swift.capabilities.multipart!;
  const [token, ...more] = await multipart.unfinished(container, '', call);
  expect({ token, more }).toEqual({ token: { ...ref, driver: 'swift', opaque: id, discarded: true }, more: [] });
  await multipart.abort(token!, call);
  expect(await multipart.unfinished(container, '', call)).toEqual([]);
  expect((await readAll(await swift.readObject(ref, undefined, call))).equals(content)).toBe(true);
});

test('segments that another process sent are removed as well, a minute after it was known that there were none at the latest', async () => {
  const clock = fakeClock();
  const other = openFake(fake, {}, { clock });
  await put(other, { container, key: 'small' }, 'small');
  await putLarge(ref, randomContent(MIB));
  await clock.advance(61_000);
  await other.deleteObject(ref, call);
  expect(inSegments()).toEqual([]);
  await other.close();
});

test('P4: what only looks like a manifest, or is a dynamic one, takes no segments with it', async () => {
  await putLarge(ref, randomContent(MIB));
  const [segment] = inSegments();
  const impostor = { container, key: 'impostor' };
  await put(swift, impostor, JSON.stringify([{ name: `/${segments}/${segment}` }]));
  await put(swift, impostor, 'replaced');
  const headers = { 'x-object-manifest': `${segments}/longshore/` };
  fake.rules.store.container(container).objects.set('dynamic', { ...fake.rules.store.object(container, 'impostor'), headers });
  expect((await swift.headObject({ container, key: 'dynamic' }, call)).size).toBe(MIB);
  await swift.deleteObject({ container, key: 'dynamic' }, call);
  await swift.deleteObject({ container, key: 'never was' }, call);
  expect(inSegments()).toEqual([segment]);
});

test('P4: before segments are removed all replicas are asked what the object is made of now', async () => {
  await putLarge(ref, randomContent(MIB));
  const before = fake.log.length;
  await put(swift, ref, 'small');
  const looks = fake.log.slice(before).filter(({ operation, key }) => operation === 'HeadObject' && key === ref.key);
  expect(looks.map(({ headers }) => headers['x-newest'])).toEqual([undefined, 'true']);
});

test('P5: so are segments of which some could not be removed', async () => {
  const old = await putLarge(ref, randomContent(2 * MIB));
  fake.faults.next('BulkDelete', { kind: 'refuse-keys', keys: { [inSegments()[0]!]: '403 Forbidden' } });
  await put(swift, ref, 'small');
  expect(await swift.capabilities.multipart!.unfinished(container, '', call)).toMatchObject([{ opaque: old, discarded: true }]);
});

test('P5: segments that an object is made of stay, even when their upload is aborted by a mark that was left', async () => {
  const content = randomContent(MIB);
  const id = await putLarge(ref, content);
  fake.faults.next('PutObject', { kind: 'refuse', status: 500 });
  await rejection(put(swift, ref, 'does not get there'));
  const multipart = swift.capabilities.multipart!;
  const tokens = await multipart.unfinished(container, '', call);
  expect(tokens.map(({ opaque }) => opaque)).toEqual([id]);
  await multipart.abort(tokens[0]!, call);
  expect((await readAll(await swift.readObject(ref, undefined, call))).equals(content)).toBe(true);
  expect(await multipart.unfinished(container, '', call)).toEqual([]);
});

test('a large object is copied whole where it fits, with an MD5, and in segments of its own where it does not', async () => {
  const { copy } = swift.capabilities;
  for (const size of [MIB + 5, 5 * MIB + 5]) {
    const from = { container, key: `from ${size}` };
    const to = { container, key: `to ${size}` };
    const content = randomContent(size);
    const headers = { 'cache-control': 'no-cache', 'content-language': 'de' };
    await putLarge(from, content, { ...plain, contentType: 'video/mp4', metaData: { mtime: '1.5' }, headers });
    const info = await copy!.copyObject(from, to, undefined, call);
    expect(info.checksums).toEqual(size > 2 * MIB ? [] : [checksumOf('md5', content)]);
    await swift.deleteObject(from, call);
    expect((await readAll(await swift.readObject(to, undefined, call))).equals(content)).toBe(true);
    const extra = { contentType: 'video/mp4', cacheControl: 'no-cache', contentLanguage: 'de' };
    expect(await swift.headObject(to, call)).toMatchObject({ size, metaData: { mtime: '1.5' }, extra });
  }
});

test('dynamic large objects are read as a whole, keep their segments, and have no hash', async () => {
  for (const [key, part] of [['parts/1', 'one '] as const, ['parts/2', 'two'] as const]) await put(swift, { container, key }, part);
  const manifest = { container, key: 'dynamic' };
  const stored = { bytes: Buffer.alloc(0), headers: { 'x-object-manifest': `${container}/parts/`, 'content-type': 'text/plain' } };
  fake.rules.store.container(container).objects.set('dynamic', { ...stored, modifiedMs: Date.now(), segments: undefined });
  expect(await swift.headObject(manifest, call)).toMatchObject({ size: 7, checksums: [], extra: { largeObject: 'dynamic' } });
  expect(await contentOf(swift, manifest)).toBe('one two');
  await swift.capabilities.copy!.copyObject(manifest, manifest, { contentType: 'text/csv', metaData: { a: '1' } }, call);
  expect(await swift.headObject(manifest, call)).toMatchObject({ size: 7, metaData: { a: '1' }, extra: { contentType: 'text/csv' } });
  await swift.deleteObject(manifest, call);
  expect(await listKeys(swift, container)).toEqual(['parts/1', 'parts/2']);
});

test('where no segment of ours is, a put is one request', async () => {
  await put(swift, ref, 'first');
  const before = fake.log.length;
  await put(swift, ref, 'second');
  expect(fake.log.slice(before).map(({ operation }) => operation)).toEqual(['PutObject']);
});

test('where no segment of ours is, a delete of many is one request, and one of none is none', async () => {
  const { batchDelete } = swift.capabilities;
  await put(swift, ref, 'first');
  await batchDelete!.deleteObjects(container, ['warm up'], call);
  const before = fake.log.length;
  await batchDelete!.deleteObjects(container, [ref.key], call);
  await batchDelete!.deleteObjects(container, [], call);
  expect(fake.log.slice(before).map(({ operation }) => operation)).toEqual(['BulkDelete']);
});

test('of many that are deleted, large ones go one by one with their segments; one that may not is told, and stays whole', async () => {
  const large = { container, key: 'large' };
  await putLarge(large, randomContent(MIB));
  await putLarge(ref, randomContent(MIB));
  await put(swift, { container, key: 'small' }, 'small');
  const before = fake.log.length;
  fake.faults.next('DeleteObject', { kind: 'refuse', status: 403 });
  const failures = await swift.capabilities.batchDelete!.deleteObjects(container, ['small', large.key, ref.key], call);
  const [[failed, why] = ['nothing', undefined], ...more] = failures;
  expect(why).toBeInstanceOf(ObjectAccessDeniedError);
  expect(more).toEqual([]);
  expect(await listKeys(swift, container)).toEqual([failed]);
  expect((await readAll(await swift.readObject({ container, key: failed }, undefined, call))).length).toBe(MIB);
  const deletes = fake.log.slice(before).filter(({ operation, container: where }) => operation === 'DeleteObject' && where === container);
  expect(deletes).toHaveLength(2);
});

test('segments are listed page by page, and what else is among them is none', async () => {
  fake.rules.pageLimit = 2;
  const multipart = swift.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  for (const number of [3, 1, 2, 5, 4]) await multipart.uploadPart(token, number, bytesBody(Buffer.from(`part ${number}`)), call);
  const [first] = inSegments().filter((name) => name.endsWith('/00001'));
  fake.rules.store.container(segments).objects.set(`${first}.note`, fake.rules.store.object(segments, first));
  const parts = await multipart.uploadedParts(token, call);
  expect(parts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  expect(parts[4]).toEqual({ number: 5, size: 6, receipt: md5Of('part 5'), md5: md5Of('part 5') });
  await multipart.complete(token, parts, call);
  await swift.deleteObject(ref, call);
  expect(inSegments()).toEqual([`${first}.note`]);
});

test('segments cannot be in the container of their objects', async () => {
  expect(() => openFake(fake, { segments_container: '{container}' })).toThrow('another container than that of the objects');
  const together = openFake(fake, { segments_container: container });
  expect(await rejection(together.capabilities.multipart!.begin(ref, plain, call))).toBeInstanceOf(UnsupportedOperationError);
  expect(await listKeys(swift, container)).toEqual([]);
  await together.deleteContainer(container, call);
  await together.close();
});

test('containers have the storage policy of the settings, those of segments as well', async () => {
  const cold = openFake(fake, { storage_policy: 'cold' });
  await cold.createContainer('c', call);
  await cold.capabilities.multipart!.begin({ container: 'c', key: 'x' }, plain, call);
  await swift.capabilities.multipart!.begin(ref, plain, call);
  const policies = ['c', 'c_segments', container, segments].map((name) => fake.rules.store.container(name).headers['x-storage-policy']);
  expect(policies).toEqual(['cold', 'cold', undefined, undefined]);
  await cold.close();
});

test('a container of segments that several share stays, though it is empty', async () => {
  const sharing = openFake(fake, { segments_container: 'all segments' });
  await sharing.createContainer('all segments', call);
  await sharing.deleteContainer(container, call);
  expect([...fake.rules.store.containers.keys()]).toEqual(['all segments']);
  await sharing.close();
});

test('a container goes with that of its segments, unless somebody else has something there', async () => {
  await putLarge(ref, randomContent(MIB));
  await swift.deleteObject(ref, call);
  await swift.deleteContainer(container, call);
  expect([...fake.rules.store.containers.keys()]).toEqual([]);
  await swift.createContainer(container, call);
  await swift.createContainer(segments, call);
  await put(swift, { container: segments, key: 'x' }, 'x');
  await swift.deleteContainer(container, call);
  expect([...fake.rules.store.containers.keys()]).toEqual([segments]);
});

test('headers of a call win over those by name pattern, for objects, whole or in parts, and for copies', async () => {
  const ruled = openFake(fake, { max_put_size: '2MiB', headers: [{ content_type: 'text/x-target', cache_control: 'no-cache' }] });
  const own = { ...plain, headers: { 'cache-control': 'max-age=1', 'content-type': 'text/x-own' } };
  const described = { extra: { contentType: 'text/x-own', cacheControl: 'max-age=1' } };
  const copies = ruled.capabilities.copy!;
  const multipart = ruled.capabilities.multipart!;
  const small = { container, key: 'small' };
  await put(ruled, small, 'x', own);
  const token = await multipart.begin(ref, own, call);
  const parts = [1, 2, 3].map((number) => multipart.uploadPart(token, number, bytesBody(randomContent(MIB)), call));
  await multipart.complete(token, await Promise.all(parts), call);
  for (const [from, to] of [
    [small, small],
    [ref, ref],
    [small, { container, key: 'copy' }],
    [ref, { container, key: 'copy in parts' }],
  ] as const) {
    expect(await ruled.headObject(from, call)).toMatchObject(described);
    const again = { contentType: 'text/plain', metaData: {}, headers: { ...own.headers, 'cache-control': 'max-age=2' } };
    await copies.copyObject(from, to, again, call);
    expect(await ruled.headObject(to, call)).toMatchObject({ extra: { contentType: 'text/x-own', cacheControl: 'max-age=2' } });
    await copies.copyObject(from, from, { ...again, headers: own.headers }, call);
  }
  await ruled.close();
});

test('a storage class is refused: Swift has policies of containers', async () => {
  expect(await rejection(put(swift, ref, 'x', { storageClass: 'GLACIER' }))).toBeInstanceOf(UnsupportedOperationError);
});

test('headers by name pattern go along with objects, whole or in parts, and with what copies are told', async () => {
  const ruled = openFake(fake, { headers: [{ match: '*.html', content_type: 'text/x-page', cache_control: 'no-cache' }] });
  const page = { container, key: 'folder/page.html' };
  const described = { extra: { contentType: 'text/x-page', cacheControl: 'no-cache' } };
  await put(ruled, page, 'x');
  expect(await ruled.headObject(page, call)).toMatchObject(described);
  await ruled.capabilities.copy!.copyObject(page, page, { contentType: 'text/plain', metaData: {} }, call);
  expect(await ruled.headObject(page, call)).toMatchObject(described);
  const multipart = ruled.capabilities.multipart!;
  const token = await multipart.begin(page, plain, call);
  await multipart.complete(token, [await multipart.uploadPart(token, 1, bytesBody(randomContent(MIB)), call)], call);
  expect(await ruled.headObject(page, call)).toMatchObject(described);
  await put(ruled, { container, key: 'plain.txt' }, 'x');
  expect((await ruled.headObject({ container, key: 'plain.txt' }, call)).extra['cacheControl']).toBeUndefined();
  await ruled.close();
});

test('an object that was sent in parts right after there were no segments at all leaves none when it is replaced', async () => {
  await putLarge(ref, randomContent(MIB));
  await swift.deleteObject(ref, call);
  expect(inSegments()).toEqual([]);
  const again = openFake(fake, { max_put_size: '2MiB' });
  await put(again, ref, 'looks for segments, and finds none');
  await swift.close();
  swift = again;
  await putLarge(ref, randomContent(MIB));
  expect(inSegments()).toHaveLength(1);
  await put(swift, ref, 'small');
  expect(inSegments()).toEqual([]);
});

test('P5: who finds an object still made of segments takes away no mark of who is about to replace it', async () => {
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
    async uploadOf(_: unknown, __: unknown, newest = false) {
      const found = madeOf;
      if (!newest) return found;
      look();
      await paused;
      return found;
    },
    remove: () => Promise.reject(new Error('the process ends before the segments are gone')),
  };
  const marks = {
    write: async (_: unknown, __: unknown, id: string) => void dead.add(id),
    remove: async (state: string, _: unknown, id: string) => void (state === 'dead' && dead.delete(id)),
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
