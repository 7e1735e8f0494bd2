import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ObjectDoesNotExistError,
  StorageError,
  UnsupportedOperationError,
} from '../../../src/drivers/errors.js';
import {
  call,
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

const md5Of = (content: string) => checksumOf('md5', Buffer.from(content)).hex;

test('P5: Swift segments: an aborted upload is listed until all of it is gone', async () => {
  const multipart = at.swift.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  await multipart.uploadPart(token, 1, bytesBody(Buffer.from('part')), call);
  at.fake.faults.next('PutMark', { kind: 'refuse', status: 500 });
  expect(
    await rejection(multipart.abort(token, call)),
    'nothing is removed before that is noted',
  ).toBeInstanceOf(StorageError);
  expect(await multipart.uploadedParts(token, call)).toHaveLength(1);
  at.fake.faults.next('BulkDelete', { kind: 'refuse', status: 500 });
  expect(await rejection(multipart.abort(token, call))).toBeInstanceOf(StorageError);
  expect(await multipart.unfinished(container, '', call)).toMatchObject([
    { opaque: token.opaque, discarded: true },
  ]);
  expect(await rejection(multipart.uploadedParts(token, call))).toBeInstanceOf(
    ObjectDoesNotExistError,
  );
  await multipart.abort(token, call);
  expect(inSegments()).toEqual([]);
  at.fake.rules.store.containers.delete(segments);
  await multipart.abort(token, call);
});

test('Swift segments: have the largest size of the service where that is below segment_size', async () => {
  const small = openFake(at.fake, { max_put_size: '1MiB', segment_size: '4MiB' });
  expect(small.capabilities.multipart!.partSize).toMatchObject({ min: MIB, max: MIB });
  const large = openFake(at.fake, { max_put_size: '8MiB', segment_size: '4MiB' });
  expect(large.capabilities.multipart!.partSize).toMatchObject({ min: 4 * MIB, max: 8 * MIB });
  await small.close();
  await large.close();
});

test('Swift segments: an upload can be aborted at once when its completion was refused, and later when it got no answer', async () => {
  const multipart = at.swift.capabilities.multipart!;
  for (const status of [403, 503]) {
    const token = await multipart.begin(ref, plain, call);
    const part = await multipart.uploadPart(token, 1, bytesBody(Buffer.from('part')), call);
    at.fake.faults.next('PutManifest', { kind: 'refuse', status });
    await rejection(multipart.complete(token, [part], call));
    if (status === 403) await multipart.abort(token, call);
    else
      expect((await rejection(multipart.abort(token, call))).message).toContain(
        'may still come through',
      );
  }
});

test('Swift segments: an upload does not begin when its mark is refused', async () => {
  at.fake.faults.next('PutMark', { kind: 'refuse', status: 403 });
  expect(await rejection(at.swift.capabilities.multipart!.begin(ref, plain, call))).toBeInstanceOf(
    StorageError,
  );
  expect(inSegments()).toEqual([]);
});

test.each(['another object', 'nothing', 'another large object'])(
  'P2: Swift segments: an upload that is gone does not count as complete, with %s under its name',
  async (there) => {
    const multipart = at.swift.capabilities.multipart!;
    const token = await multipart.begin(ref, plain, call);
    const part = await multipart.uploadPart(token, 1, bytesBody(Buffer.from('part')), call);
    await multipart.abort(token, call);
    if (there === 'another object') await put(at.swift, ref, 'part');
    if (there === 'another large object') await putLarge(ref, randomContent(MIB));
    for (const parts of [[part], []]) {
      expect(await rejection(multipart.complete(token, parts, call))).toBeInstanceOf(
        ObjectDoesNotExistError,
      );
    }
  },
);

test('P5: Swift segments: a mark that stayed after its completion is removed later, without its segments', async () => {
  at.fake.faults.next('DeleteObject', { kind: 'refuse', status: 500 });
  const content = randomContent(MIB);
  const id = await putLarge(ref, content);
  const multipart = at.swift.capabilities.multipart!;
  const [token, ...more] = await multipart.unfinished(container, '', call);
  expect({ token, more }).toEqual({
    token: { ...ref, driver: 'swift', opaque: id, discarded: true },
    more: [],
  });
  await multipart.abort(token!, call);
  expect(await multipart.unfinished(container, '', call)).toEqual([]);
  expect((await readAll(await at.swift.readObject(ref, undefined, call))).equals(content)).toBe(
    true,
  );
});

test('Swift segments: are listed page by page, without other objects of their container', async () => {
  at.fake.rules.pageLimit = 2;
  const multipart = at.swift.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  for (const number of [3, 1, 2, 5, 4])
    await multipart.uploadPart(token, number, bytesBody(Buffer.from(`part ${number}`)), call);
  const [first] = inSegments().filter((name) => name.endsWith('/00001'));
  at.fake.rules.store
    .container(segments)
    .objects.set(`${first}.note`, at.fake.rules.store.object(segments, first));
  const parts = await multipart.uploadedParts(token, call);
  expect(parts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  expect(parts[4]).toEqual({ number: 5, size: 6, receipt: md5Of('part 5'), md5: md5Of('part 5') });
  await multipart.complete(token, parts, call);
  await at.swift.deleteObject(ref, call);
  expect(inSegments()).toEqual([`${first}.note`]);
});

test('Swift segments: cannot be in the container of their objects', async () => {
  expect(() => openFake(at.fake, { segments_container: '{container}' })).toThrow(
    'another container than that of the objects',
  );
  const together = openFake(at.fake, { segments_container: container });
  expect(await rejection(together.capabilities.multipart!.begin(ref, plain, call))).toBeInstanceOf(
    UnsupportedOperationError,
  );
  expect(await listKeys(at.swift, container)).toEqual([]);
  await together.deleteContainer(container, call);
  await together.close();
});

test('Swift container: has the storage policy of the settings, and so has that of its segments', async () => {
  const cold = openFake(at.fake, { storage_policy: 'cold' });
  await cold.createContainer('c', call);
  await cold.capabilities.multipart!.begin({ container: 'c', key: 'x' }, plain, call);
  await at.swift.capabilities.multipart!.begin(ref, plain, call);
  const policies = ['c', 'c_segments', container, segments].map(
    (name) => at.fake.rules.store.container(name).headers['x-storage-policy'],
  );
  expect(policies).toEqual(['cold', 'cold', undefined, undefined]);
  await cold.close();
});
