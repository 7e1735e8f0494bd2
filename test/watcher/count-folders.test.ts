import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { countBelow } from '../../src/watcher/count-folders.js';
import { openFilter } from '../../src/watcher/filter.js';
import { temporaryFolder, writeFile } from './fixtures.js';

test('folder count: counts files and folders, ignored folders as entries only, missing ones as nothing', async () => {
  const root = temporaryFolder(onTestFinished);
  for (const path of ['a/1', 'a/b/2', 'ignored/c/3', '4', 'b/c/5']) writeFile(join(root, path));
  writeFileSync(join(root, 'b/.longshoreignore'), 'c/\n');
  const around = openFilter({ exclude: ['/ignored/'], include: [], never: [] });
  const below = (...paths: string[]) => paths.map((path) => ({ path, around }));
  expect(await countBelow(root, below(''), () => false)).toEqual({ entries: 9, folders: 3 });
  expect(await countBelow(root, below('a', 'missing'), () => false)).toEqual({
    entries: 3,
    folders: 1,
  });
  expect((await countBelow(root, below(''), (entries) => entries > 1)).entries).toBeLessThan(9);
});

test('folder count: lets the event loop turn while many folders are counted', async () => {
  const root = temporaryFolder(onTestFinished);
  for (let i = 0; i < 640; i++) writeFile(join(root, String(i), 'file'));
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    counting = setImmediate(turn);
  };
  let counting = setImmediate(turn);
  await countBelow(
    root,
    [{ path: '', around: openFilter({ exclude: [], include: [], never: [] }) }],
    () => false,
  );
  clearImmediate(counting);
  expect(turns).toBeGreaterThanOrEqual(9);
});
