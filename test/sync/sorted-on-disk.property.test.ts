import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect } from '../../src/drivers/pages.js';
import { sortedOnDisk, UnusableFolderError } from '../../src/sync/sorted-on-disk.js';
import { temporaryFolder } from '../world/folder.js';

async function* batchesOf<T>(items: readonly T[], length: number): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < items.length; at += length) yield items.slice(at, at + length);
}

test('sorted on disk: items come in order, and equal ones as they came, in however many steps they are merged', async () => {
  const folder = temporaryFolder();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 9 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 2, max: 4 }),
      async (keys, batch, runLength, fanIn) => {
        const items = keys.map((key, at) => [key, at] as const);
        const compare = ([a]: readonly [number, number], [b]: readonly [number, number]) => a - b;
        const sorted = await collect(
          sortedOnDisk(batchesOf(items, batch), { compare, folder, runLength, fanIn }),
        );
        expect(sorted).toEqual(items.toSorted(compare));
      },
    ),
  );
  expect(readdirSync(folder)).toEqual([]);
});

test('sorted on disk: a folder that is missing is named', async () => {
  const folder = `${temporaryFolder()}/missing`;
  const sorted = sortedOnDisk(batchesOf([2, 1], 1), {
    compare: (a, b) => a - b,
    folder,
    runLength: 1,
  });
  await expect(sorted.next()).rejects.toThrow(UnusableFolderError);
  await expect(
    sortedOnDisk(batchesOf([1], 1), { compare: (a, b) => a - b, folder, runLength: 1 }).next(),
  ).rejects.toThrow(folder);
});
