import { expect, test } from 'vitest';
import { ObjectAccessDeniedError } from '../../../src/drivers/errors.js';
import { largeObjects } from '../../../src/drivers/swift/large-objects.js';
import { fakeClock } from '../../fakes/clock.js';
import {
  call,
  contentOf,
  listKeys,
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
