import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { openUnderWay } from '../../src/state/under-way.js';
import { fakeClock } from '../fakes/clock.js';
import { createFolder, removeFolder, temporaryFolder } from '../world/folder.js';

const open = (folder: string) =>
  openUnderWay({ folder, mirror: 'm', clock: fakeClock(), log: silentLogger });
const namesIn = async (folder: string) => (await open(folder)).left.map(({ names }) => names);

test('P5: names under way: each group is there for the next process until it is forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ names: fc.array(fc.string({ unit: 'grapheme' })), stays: fc.boolean() }),
      ),
      async (groups) => {
        const folder = createFolder('under-way');
        const underWay = await open(folder);
        for (const { names, stays } of groups) {
          const noted = await underWay.note(names);
          if (!stays) await noted.forget();
        }
        const kept = groups.filter(({ stays }) => stays).map(({ names }) => names);
        // By their JSON: as text [] and [''] are equal, and would keep the order of the files.
        const sorted = (found: readonly (readonly string[])[]) =>
          found.map((names) => JSON.stringify(names)).toSorted();
        expect(sorted(await namesIn(folder))).toEqual(sorted(kept));
        removeFolder(folder);
      },
    ),
    { numRuns: 20 },
  );
});

test('names under way: nothing is made before the first are noted', async () => {
  const folder = temporaryFolder('under-way');
  expect(await namesIn(folder)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('names under way: what a kill has left beside the files is removed, also where there is no file', async () => {
  const folder = temporaryFolder('under-way');
  const left = (name: string) => writeFileSync(join(folder, 'under-way', name), '{');
  await (await (await open(folder)).note(['a'])).forget();
  left('2.json.0123456789ab.tmp');
  expect(await namesIn(folder)).toEqual([]);
  expect(readdirSync(join(folder, 'under-way'))).toEqual([]);
  await (await open(folder)).note(['b']);
  left('2.json.0123456789ab.tmp');
  expect(await namesIn(folder)).toEqual([['b']]);
  expect(readdirSync(join(folder, 'under-way'))).toEqual(['1.json']);
});

test('names under way: a file that was changed is set aside, and the others are read', async () => {
  const folder = temporaryFolder('under-way');
  const underWay = await open(folder);
  await underWay.note(['a']);
  await underWay.note(['b']);
  const file = join(folder, 'under-way', '1.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"a"', '"c"'));
  expect(await namesIn(folder)).toEqual([['b']]);
  expect(readdirSync(join(folder, 'under-way')).toSorted()).toEqual([
    expect.stringMatching(/^1\.json\.damaged-/),
    '2.json',
  ]);
  await (await open(folder)).note(['d']);
  expect(await namesIn(folder)).toEqual([['b'], ['d']]);
});
