import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObjectInfo } from '../../src/drivers/call.js';
import { compareNames } from '../../src/utf8-order.js';
import { compareListing, inOrder, type ListedObject } from '../../src/verify/compare-listing.js';
import { anyName, record } from '../state/fixtures.js';

const infoOf = (key: string): ObjectInfo => ({
  container: 'c',
  key,
  size: 1,
  checksums: [],
  metaData: {},
  extra: {},
});

async function* listed(names: readonly string[]): AsyncGenerator<ListedObject> {
  for (const name of names) yield { name, info: infoOf(name) };
}

const names = fc.uniqueArray(anyName, { maxLength: 20 });

test('comparing a listing: gives each name once, in order, with what each side has of it', async () => {
  await fc.assert(
    fc.asyncProperty(
      names,
      names,
      fc.constantFrom('utf8' as const, 'none' as const),
      async (left, right, order) => {
        const records = [...left].sort(compareNames).map((name) => [name, record()] as const);
        const given = order === 'utf8' ? [...right].sort(compareNames) : right;
        const found: unknown[] = [];
        for await (const one of compareListing(records, inOrder(listed(given), order)))
          found.push([one.name, one.record !== undefined, one.info?.key]);
        const all = [...new Set([...left, ...right])].sort(compareNames);
        expect(found).toEqual(
          all.map((name) => [name, left.includes(name), right.includes(name) ? name : undefined]),
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('comparing a listing: a name that is listed twice is given once', async () => {
  const found: string[] = [];
  for await (const { name } of compareListing([], listed(['a', 'a', 'b']))) found.push(name);
  expect(found).toEqual(['a', 'b']);
});
