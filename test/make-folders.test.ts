import { existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolders, makeFoldersSync } from '../src/make-folders.js';
import { temporaryFolder } from './world/folder.js';

describe.each([
  ['makeFolders', makeFolders],
  ['makeFoldersSync', async (path: string) => makeFoldersSync(path)],
] as const)('%s', (_, make) => {
  test('makes the missing folders, and returns the topmost', async () => {
    const folder = temporaryFolder();
    expect(await make(join(folder, 'a/b/c'))).toBe(join(folder, 'a'));
    expect(await make(join(folder, 'a/b/d'))).toBe(join(folder, 'a/b/d'));
    expect(await make(join(folder, 'a/b/d'))).toBeUndefined();
    symlinkSync('a', join(folder, 'link'));
    expect(await make(join(folder, 'link/e'))).toBe(join(folder, 'link/e'));
    expect(existsSync(join(folder, 'a/e'))).toBe(true);
  });

  test('ends with an error below a file, and where a folder takes none', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(make(join(folder, 'file/a'))).rejects.toThrow('ENOTDIR');
    await expect(make(join(folder, 'file'))).rejects.toThrow('EEXIST');
    if (process.platform === 'linux')
      await expect(make('/proc/longshore/a')).rejects.toThrow('ENOENT');
  });
});

test('folders have the mode that is asked for', async () => {
  const folder = temporaryFolder();
  await makeFolders(join(folder, 'a/b'), 0o700);
  for (const path of ['a', 'a/b']) expect(statSync(join(folder, path)).mode & 0o777).toBe(0o700);
});
