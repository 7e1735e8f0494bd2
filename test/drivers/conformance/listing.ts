import { expect } from 'vitest';
import { compareNames } from '../../../src/utf8-order.js';
import { call, type Fixture, listAll, listKeys, put } from './fixture.js';

/** In UTF-8 byte order; JavaScript's own order has the last two the other way round. */
const ORDERED = ['B', 'a b', 'a-b', 'a/b', 'a/b c', 'a/c/d', 'a0', 'ab', 'b', 'é', '\uffee', '🎉'];

export function listingCases({ backend, inContainer }: Fixture): void {
  inContainer(
    'G3: keys come once each, in UTF-8 byte order, in pages of 2 as in one',
    async (container) => {
      for (const key of ORDERED.toReversed()) await put(backend, { container, key }, key);
      expect(await listKeys(backend, container, '', 2)).toEqual(ORDERED);
      expect(await listKeys(backend, container)).toEqual(ORDERED);
      expect([...ORDERED].sort(compareNames)).toEqual(ORDERED);
    },
  );

  inContainer(
    'G3: pages of 2 list all objects, of none, an even and an odd number',
    async (container) => {
      expect(await listKeys(backend, container, '', 2)).toEqual([]);
      const keys: string[] = [];
      for (const key of ['k1', 'k2', 'k3', 'k4']) {
        await put(backend, { container, key }, key);
        keys.push(key);
        expect(await listKeys(backend, container, '', 2), `${keys.length} objects`).toEqual(keys);
      }
    },
  );

  inContainer(
    'a page has no more items than were asked for, and a token that advances',
    async (container) => {
      for (const key of ['a', 'b', 'c', 'd', 'e']) await put(backend, { container, key }, key);
      const seen = new Set<string | undefined>();
      let after: string | undefined;
      do {
        const page = await backend.listObjects(
          container,
          '',
          after === undefined ? { size: 2 } : { size: 2, after },
          call,
        );
        expect(page.items.length).toBeLessThanOrEqual(2);
        expect(seen.has(page.next)).toBe(false);
        seen.add(page.next);
        after = page.next;
      } while (after !== undefined);
    },
  );

  inContainer(
    'a bare listing: has the keys, sizes, digests and etags of a full one',
    async (container) => {
      for (const key of ORDERED) await put(backend, { container, key }, `content of ${key}`);
      const listed = async (bare: boolean) =>
        (await backend.listObjects(container, '', { bare }, call)).items.map(
          ({ key, size, checksums, extra }) => ({
            key,
            size,
            checksums,
            etag: extra['etag'],
          }),
        );
      expect(await listed(true)).toEqual(await listed(false));
    },
  );

  inContainer('a prefix is compared byte by byte and is no folder', async (container) => {
    const keys = ['a-b', 'a/b', 'a/b/c', 'a/c', 'ab', 'b/a/b'];
    for (const key of keys.filter((key) => key !== 'a/b'))
      await put(backend, { container, key }, key);
    const expected: Readonly<Record<string, readonly string[]>> = {
      a: ['a-b', 'a/b/c', 'a/c', 'ab'],
      'a/': ['a/b/c', 'a/c'],
      'a/b': ['a/b/c'],
      'a/b/': ['a/b/c'],
      ab: ['ab'],
      b: ['b/a/b'],
      abc: [],
      c: [],
      '': ['a-b', 'a/b/c', 'a/c', 'ab', 'b/a/b'],
    };
    for (const [prefix, found] of Object.entries(expected)) {
      expect(await listKeys(backend, container, prefix, 2), JSON.stringify(prefix)).toEqual(found);
    }
  });

  inContainer(
    'G3: a delete during a listing does not hide or repeat other objects',
    async (container) => {
      const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
      for (const key of keys) await put(backend, { container, key }, key);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await backend.listObjects(
          container,
          '',
          after === undefined ? { size: 2 } : { size: 2, after },
          call,
        );
        for (const { key } of page.items) {
          seen.push(key);
          await backend.deleteObject({ container, key }, call);
        }
        after = page.next;
      } while (after !== undefined);
      expect(seen.sort()).toEqual(keys);
      expect(await listKeys(backend, container)).toEqual([]);
    },
  );

  inContainer('a listing: has the size of each object, and its container', async (container) => {
    await put(backend, { container, key: 'five' }, '12345');
    await put(backend, { container, key: 'none' }, '');
    expect(
      (await listAll(backend, container))
        .map((info) => [info.container, info.key, info.size])
        .sort(),
    ).toEqual([
      [container, 'five', 5],
      [container, 'none', 0],
    ]);
  });
}
