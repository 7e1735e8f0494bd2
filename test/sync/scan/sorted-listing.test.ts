import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unpackObjects } from '../../../src/drivers/packed-objects.js';
import { pageOf, type RemotePage } from '../../../src/sync/scan/remote-page.js';
import { sortedListing } from '../../../src/sync/scan/sorted-listing.js';
import { compareNames } from '../../../src/utf8-order.js';
import { temporaryFolder } from '../../world/folder.js';

type Given = [name: string, size: number, etag: string | undefined];

async function* listingOf(
  objects: readonly (readonly [string, number])[],
  pageLength: number,
): AsyncGenerator<RemotePage> {
  for (let at = 0; at < objects.length; at += pageLength) {
    yield pageOf(
      objects
        .slice(at, at + pageLength)
        .map(([name, size]) => [name, { size, etag: `"${size}"`, inspected: true }]),
      true,
    );
  }
}

it('sorted listing: gives each object once, in byte order, and the later of two with one name', async () => {
  const folder = temporaryFolder();
  const name = fc.oneof(
    fc.constantFrom('a', 'a/b', 'a-', '\uffff', '\u{10000}', 'new\nline'),
    fc.string({ unit: 'binary', minLength: 1 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(name, fc.nat())),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      async (objects, length, pageLength) => {
        const given: Given[] = [];
        for await (const page of sortedListing(listingOf(objects, length), folder, {
          runLength: 4,
          pageLength,
        })) {
          const rows = unpackObjects(page.objects);
          expect(rows.length).toBeLessThanOrEqual(pageLength);
          expect(page.inspected).toBe(true);
          given.push(...rows.map(({ key, size, etag }): Given => [key, size, etag]));
        }
        const expected = [...new Map(objects)]
          .sort(([a], [b]) => compareNames(a, b))
          .map(([name, size]) => [name, size, `"${size}"`]);
        expect(given).toEqual(expected);
      },
    ),
  );
  expect(readdirSync(folder)).toEqual([]);
});

it('sorted listing: rejects as the listing does, and leaves no file', async () => {
  const folder = temporaryFolder();
  async function* failing(): AsyncGenerator<RemotePage> {
    yield* listingOf([['a', 1]], 1);
    throw new Error('503');
  }
  await expect(sortedListing(failing(), folder).next()).rejects.toThrow('503');
  expect(readdirSync(folder)).toEqual([]);
});
