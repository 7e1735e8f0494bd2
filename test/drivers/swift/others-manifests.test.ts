import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import type { ObjectRef } from '../../../src/drivers/call.js';
import { call, listKeys, plain, put, randomContent, readAll } from '../conformance/fixture.js';
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

const read = async (of: ObjectRef) => readAll(await at.swift.readObject(of, undefined, call));

/** A manifest as another tool makes it of segments that are there, with none of longshore's metadata. */
function putManifest(key: string, names: readonly string[]): ObjectRef {
  const { store } = at.fake.rules;
  const named = names.map((name) => {
    const { bytes } = store.object(segments, name);
    return {
      container: segments,
      key: name,
      etag: store.etag(store.object(segments, name)),
      size: bytes.byteLength,
    };
  });
  const headers = { 'content-type': 'video/mp4' };
  store.container(container).objects.set(key, {
    bytes: Buffer.from('[]'),
    headers,
    segments: named,
    modifiedMs: Date.now(),
  });
  return { container, key };
}

test.each<readonly [string, (key: string) => Promise<unknown>]>([
  ['deleted', (key) => at.swift.deleteObject({ container, key }, call)],
  [
    'deleted with others',
    (key) => at.swift.capabilities.batchDelete!.deleteObjects(container, [key, 'other'], call),
  ],
  ['replaced', (key) => put(at.swift, { container, key }, 'small')],
])(
  "Swift client: another tool's manifest that names segments of longshore leaves them when it is %s",
  async (_, change) => {
    const content = randomContent(2 * MIB);
    await putLarge(ref, content);
    const copy = putManifest('copy', inSegments());
    expect((await read(copy)).equals(content)).toBe(true);
    await change(copy.key);
    expect(
      (await read(ref)).equals(content),
      'the object whose segments the other manifest named',
    ).toBe(true);
    expect(inSegments()).toHaveLength(2);
  },
);

test('Swift client: segments go with their object though another tool has replaced its metadata', async () => {
  await putLarge(ref, randomContent(2 * MIB));
  putManifest(ref.key, inSegments());
  await at.swift.deleteObject(ref, call);
  expect(inSegments()).toEqual([]);
});

test('Swift client: segments stay when their object was replaced by a manifest of several objects, or by a prefix', async () => {
  const other = { container, key: 'other' };
  const content = randomContent(MIB);
  await putLarge(other, content);
  await putLarge(ref, randomContent(MIB));
  const both = inSegments();
  const multipart = at.swift.capabilities.multipart!;
  // The process dies after it has replaced the object: the mark stays, and another tool is faster than its next start.
  at.fake.faults.next('BulkDelete', { kind: 'refuse', status: 500 });
  await put(at.swift, ref, 'small');
  for (const replace of [
    () => putManifest(ref.key, both),
    () => {
      const headers = {
        'content-type': 'text/plain',
        'x-object-manifest': `${segments}/longshore/`,
      };
      const { objects } = at.fake.rules.store.container(container);
      objects.set(ref.key, {
        bytes: Buffer.alloc(0),
        headers,
        segments: undefined,
        modifiedMs: Date.now(),
      });
    },
  ]) {
    replace();
    for (const token of await multipart.unfinished(container, '', call))
      await multipart.abort(token, call);
    expect(inSegments()).toEqual(both);
  }
});

test('Swift client: says of an object of another tool that its segments stay, once this client has seen such objects', async () => {
  const notices: string[] = [];
  const swift = openFake(
    at.fake,
    {},
    { notice: (event, fields) => notices.push(`${event} ${String(fields['object'])}`) },
  );
  await swift.createContainer(segments, call);
  await put(swift, { container: segments, key: 'film/slo/1/0' }, randomContent(10));
  const film = putManifest('film', ['film/slo/1/0']);
  await listKeys(swift, container);
  await swift.deleteObject(film, call);
  expect(notices).toEqual([
    expect.stringMatching(/segments of an object of another tool stay.* film$/),
  ]);
  expect(await listKeys(swift, segments)).toEqual(['film/slo/1/0']);
  await swift.close();
});

test('Swift client: a large object is deleted, with its segments, where there is no room for a mark', async () => {
  await putLarge(ref, randomContent(2 * MIB));
  at.fake.faults.next('PutMark', { kind: 'refuse', status: 507 }, 2);
  await at.swift.deleteObject(ref, call);
  expect(inSegments()).toEqual([]);
  expect(await listKeys(at.swift, container)).toEqual([]);
});

test('Swift client: a delete that fails where there is no room for a mark leaves the object whole', async () => {
  const content = randomContent(2 * MIB);
  await putLarge(ref, content);
  at.fake.faults.next('PutMark', { kind: 'refuse', status: 507 });
  at.fake.faults.next('DeleteObject', { kind: 'refuse', status: 403 });
  await expect(at.swift.deleteObject(ref, call)).rejects.toThrow(/403/);
  expect((await read(ref)).equals(content)).toBe(true);
});

test('Swift client: an upload is aborted where there is no room for a mark', async () => {
  const multipart = at.swift.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  await multipart.uploadPart(token, 1, bytesBody(randomContent(10)), call);
  at.fake.faults.next('PutMark', { kind: 'refuse', status: 507 });
  await multipart.abort(token, call);
  expect(inSegments()).toEqual([]);
});
