import { expect, onTestFinished, test } from 'vitest';
import { shareLinks } from '../../src/restore/shard-links.js';
import type { ObjectName, ObjectRecord } from '../../src/state/object-index.js';
import { record } from '../state/fixtures.js';

const linked = (inode: bigint): ObjectRecord => record({ inode, hardLink: true });

/** Two files with several names, one with one name left, and plain ones. */
const RECORDS: readonly (readonly [ObjectName, ObjectRecord | undefined])[] = [
  ['a', linked(1n)],
  ['b', linked(2n)],
  ['c', record({ inode: 1n })],
  ['d', linked(1n)],
  ['e', linked(3n)],
  ['f', undefined],
  ['g', linked(2n)],
  ['h', linked(1n)],
];

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function shared(isOurs: (name: ObjectName) => boolean) {
  const links = await shareLinks(each(RECORDS), isOurs);
  onTestFinished(links.close);
  const all = async (names: AsyncIterable<ObjectName>) => {
    const found: ObjectName[] = [];
    for await (const name of names) found.push(name);
    return found;
  };
  return { elsewhere: await all(links.elsewhere()), here: await all(links.here()) };
}

test('hard links: the shard of the first name makes all names of a file, in the order of names', async () => {
  expect(await shared((name) => name <= 'c')).toEqual({ elsewhere: [], here: ['d', 'g', 'h'] });
  expect(await shared((name) => name > 'c')).toEqual({ elsewhere: ['d', 'g', 'h'], here: [] });
  expect(await shared((name) => name === 'g' || name === 'h')).toEqual({
    elsewhere: ['g', 'h'],
    here: [],
  });
});

test('hard links: without a cut through a file nothing is made elsewhere', async () => {
  expect(await shared(() => true)).toEqual({ elsewhere: [], here: [] });
  expect(await shared(() => false)).toEqual({ elsewhere: [], here: [] });
});
