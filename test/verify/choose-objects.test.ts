import { expect, test } from 'vitest';
import type { ObjectRecord } from '../../src/state/object-index.js';
import {
  chooseByChance,
  chooseOldest,
  type ReadBackShare,
} from '../../src/verify/choose-objects.js';
import { record } from '../state/fixtures.js';

const NOW = 1_800_000_000_000;

async function chosen(records: Readonly<Record<string, ObjectRecord>>, share: ReadBackShare) {
  const names = Object.keys(records).sort();
  const index = {
    count: () => names.length,
    *entries({ after = '' }: { after?: string } = {}) {
      for (const name of names)
        if (name > after) yield [name, records[name] as ObjectRecord] as const;
    },
  };
  const choice = await chooseOldest(index, share, NOW);
  return names.filter((name) => choice(name, records[name]));
}
const proven = (at: number, size = 10) => record({ size, provenAtMs: at });
const records = {
  a: proven(5),
  b: proven(3),
  c: record({ size: 10 }),
  d: proven(4),
  e: proven(NOW + 1),
};

test('choosing: takes what was never proven, then the oldest proofs; a proof from the future is none', async () => {
  expect(await chosen(records, { part: 0.2 })).toEqual(['c']);
  expect(await chosen(records, { part: 0.6 })).toEqual(['b', 'c', 'e']);
  expect(await chosen(records, { part: 1 })).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(await chosen(records, { part: 0 })).toEqual([]);
});

test('choosing: takes objects until they have so many bytes, and the last one whole', async () => {
  expect(await chosen(records, { bytes: 0 })).toEqual([]);
  expect(await chosen(records, { bytes: 1 })).toEqual(['c']);
  expect(await chosen(records, { bytes: 20 })).toEqual(['c', 'e']);
  expect(await chosen(records, { bytes: 21 })).toEqual(['b', 'c', 'e']);
});

test('choosing: goes through more candidates than one round keeps', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 45_000 }, (_, at) => [`f${String(at).padStart(5, '0')}`, proven(at)]),
  );
  const found = await chosen(many, { part: 0.9 });
  expect([found.length, found.at(-1)]).toEqual([40_500, 'f40499']);
});

test('choosing by chance: takes about the share, and others with another seed', () => {
  const all = Array.from({ length: 10_000 }, (_, at) => `name-${at}`);
  const taken = (seed: string) => {
    const choice = chooseByChance({ part: 0.2 }, 0, seed);
    return all.filter((name) => choice(name, undefined));
  };
  expect(taken('one').length).toBeGreaterThan(1_800);
  expect(taken('one').length).toBeLessThan(2_200);
  expect(taken('one')).toEqual(taken('one'));
  expect(taken('one')).not.toEqual(taken('two'));
  expect(chooseByChance({ bytes: 5 }, 10, 's')).toBeTypeOf('function');
  expect(all.every((name) => chooseByChance({ bytes: 11 }, 10, 's')(name, undefined))).toBe(true);
  expect(all.some((name) => chooseByChance({ part: 0 }, 10, 's')(name, undefined))).toBe(false);
});
