import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openSpill } from '../../../src/sync/scan/spill.js';
import { temporaryFolder } from '../../world/folder.js';

it('spill: gives back its items in order, however many are kept in memory', () => {
  const folder = temporaryFolder();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.nat())),
      fc.integer({ min: 1, max: 20 }),
      (items, inMemory) => {
        const spill = openSpill<[string, number]>(folder, inMemory);
        for (const item of items) spill.add(item);
        expect(spill.size).toBe(items.length);
        expect([...spill.items()]).toEqual(items);
        spill.close();
      },
    ),
  );
});

it('P7: spill: many items go to a file without a name, which ends with the process', () => {
  const folder = temporaryFolder();
  const spill = openSpill<string>(folder);
  for (let n = 0; n < 25_500; n++) spill.add(`name\n${n}`);
  expect(readdirSync(folder)).toEqual([]);
  let n = 0;
  for (const item of spill.items()) expect(item).toBe(`name\n${n++}`);
  expect(n).toBe(25_500);
  spill.close();
  spill.close();
});
