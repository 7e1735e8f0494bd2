import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { countBelow } from '../../src/watcher/count-folders.js';
import { temporaryFolder, writeFile } from './fixtures.js';

test('files and folders are counted, ignored folders as entries only, missing ones as nothing', async () => {
  const root = temporaryFolder(onTestFinished);
  for (const path of ['a/1', 'a/b/2', 'ignored/c/3', '4']) writeFile(join(root, path));
  const ignores = (path: string) => path === 'ignored';
  expect(await countBelow(root, [''], ignores, () => false)).toEqual({ entries: 6, folders: 2 });
  expect(await countBelow(root, ['a', 'missing'], ignores, () => false)).toEqual({ entries: 3, folders: 1 });
  expect((await countBelow(root, [''], ignores, (entries) => entries > 1)).entries).toBeLessThan(6);
});

test('the event loop turns while many folders are counted', async () => {
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
    [''],
    () => false,
    () => false,
  );
  clearImmediate(counting);
  expect(turns).toBeGreaterThanOrEqual(9);
});
