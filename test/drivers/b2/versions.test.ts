import { expect, test } from 'vitest';
import { ContainerIsNotEmptyError, ObjectDoesNotExistError } from '../../../src/drivers/errors.js';
import { newDocument, renewed } from '../../../src/lease/document.js';
import { type LeaseVersion, leaseObject } from '../../../src/lease/lease-object.js';
import { holder } from '../../lease/rig.js';
import {
  call,
  contentOf,
  listKeys,
  plain,
  put,
  readAll,
  rejection,
} from '../conformance/fixture.js';
import { BUCKET, REF, withBucket } from './rig.js';

async function versionsOf(backend: ReturnType<Awaited<ReturnType<typeof withBucket>>['open']>) {
  const items = [];
  for (let after: string | undefined; ; ) {
    const page = { size: 2, ...(after !== undefined && { after }) };
    const { items: found, next } = await backend.capabilities.versions!.listVersions(
      BUCKET,
      '',
      page,
      call,
    );
    items.push(...found);
    if (next === undefined) return items;
    after = next;
  }
}

test('P3: B2 versions: a delete hides, what was there is a version, and deleting the marker brings it back', async () => {
  const { open } = await withBucket();
  const backend = open();
  const versions = backend.capabilities.versions!;
  const first = await put(backend, REF, 'first');
  await put(backend, REF, 'second');
  await put(backend, { ...REF, key: 'laptop/file2' }, 'another');
  await backend.deleteObject(REF, call);
  await backend.deleteObject(REF, call);
  expect(await listKeys(backend, BUCKET)).toEqual(['laptop/file2']);
  expect(await rejection(backend.headObject(REF, call))).toBeInstanceOf(ObjectDoesNotExistError);
  const listed = await versionsOf(backend);
  expect(
    listed.map(({ key, size, isLatest, isDeleteMarker }) => [key, size, isLatest, isDeleteMarker]),
  ).toEqual([
    [REF.key, 0, true, true],
    [REF.key, 6, false, false],
    [REF.key, 5, false, false],
    ['laptop/file2', 7, true, false],
  ]);
  const oldest = String(first.extra['versionId']);
  expect(await versions.headVersion(REF, oldest, call)).toMatchObject({ size: 5, key: REF.key });
  const content = await versions.readVersion(REF, oldest, { start: 1 }, call);
  expect((await readAll(content)).toString()).toBe('irst');
  const marker = listed[0]!.versionId;
  for (const asked of [
    versions.headVersion(REF, marker, call),
    versions.readVersion(REF, marker, undefined, call),
    versions.headVersion({ ...REF, key: 'laptop/file2' }, oldest, call),
    versions.readVersion({ ...REF, key: 'laptop/file2' }, oldest, undefined, call),
  ])
    expect(await rejection(asked)).toBeInstanceOf(ObjectDoesNotExistError);
  await versions.deleteVersion(REF, marker, call);
  await versions.deleteVersion(REF, marker, call);
  expect(await contentOf(backend, REF)).toBe('second');
  expect(await versions.keepsVersions(BUCKET, call)).toBe(true);
});

test('B2 versions: hard_delete removes all versions of the name, the newest last, and no unfinished upload', async () => {
  const { fake, open } = await withBucket({ pageLimit: 2 });
  const backend = open({ hard_delete: true });
  for (const content of ['1', '2', '3']) await put(backend, REF, content);
  await put(backend, { ...REF, key: `${REF.key}.txt` }, 'a neighbour');
  await backend.capabilities.multipart!.begin(REF, plain, call);
  const bucket = fake.rules.store.buckets.get(BUCKET)!;
  const ids = bucket.files
    .filter(({ name, action }) => name === REF.key && action === 'upload')
    .map(({ id }) => id);
  const removed: unknown[] = [];
  const { remove } = fake.rules.store;
  fake.rules.store.remove = (file) => {
    removed.push(file.id);
    remove(file);
  };
  await backend.deleteObject(REF, call);
  expect(removed).toEqual(ids);
  expect(bucket.files.map(({ name, action }) => [name, action])).toEqual([
    [`${REF.key}.txt`, 'upload'],
    [REF.key, 'start'],
  ]);
});

test('B2 versions: renewals of a lease do not pile up', async () => {
  const { fake, open } = await withBucket();
  const lease = leaseObject(open(), { container: BUCKET, key: '.longshore/lease' });
  const of = { mirror: 'm', holder: holder('a'), fence: 1, periodMs: 60_000 };
  let document = newDocument(of, 0);
  let version: LeaseVersion | undefined;
  for (let renewals = 0; renewals < 5; renewals += 1) {
    version = await lease.write(document, version, call.signal);
    document = renewed(document, renewals);
  }
  expect(lease.conditional).toBe(false);
  expect(fake.rules.store.buckets.get(BUCKET)?.files).toHaveLength(1);
  expect((await lease.read(call.signal))?.document?.renewal).toBe(4);
});

test('B2 versions: a bucket whose objects are all hidden is not empty', async () => {
  const { open } = await withBucket();
  const backend = open();
  await put(backend, REF, 'x');
  await backend.deleteObject(REF, call);
  expect(await rejection(backend.deleteContainer(BUCKET, call))).toBeInstanceOf(
    ContainerIsNotEmptyError,
  );
});

test('B2 buckets: one that was deleted and made again is found under its new id', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  await put(backend, REF, 'x');
  fake.rules.store.buckets.delete(BUCKET);
  await open().createContainer(BUCKET, call);
  expect(await listKeys(backend, BUCKET)).toEqual([]);
  await put(backend, REF, 'y');
  expect(await contentOf(backend, REF)).toBe('y');
});

test('B2 URLs: an object of a private bucket has one with an authorisation, of a public one a plain one', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  const ref = { ...REF, key: 'laptop/odd name %é' };
  await put(backend, ref, 'content');
  const url = await backend.capabilities.cdn!.objectUrl(ref, call);
  expect(url).toMatch(/\?Authorization=/);
  expect(await (await fetch(url)).text()).toBe('content');
  expect((await fetch(url.replace(/\?.*/, ''))).status).toBe(401);
  await open({ bucket_type: 'allPublic' }).createContainer('public-bucket', call);
  const shown = { ...ref, container: 'public-bucket' };
  await put(backend, shown, 'for everybody');
  const plainUrl = await backend.capabilities.cdn!.objectUrl(shown, call);
  expect(await (await fetch(plainUrl)).text()).toBe('for everybody');
  const behindCdn = open({ download_url: 'https://files.example.com' });
  expect(await behindCdn.capabilities.cdn!.objectUrl(shown, call)).toBe(
    `https://files.example.com${new URL(plainUrl).pathname}`,
  );
  expect(fake.rules.downloads.size).toBe(1);
});
