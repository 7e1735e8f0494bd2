import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lstatPath } from '../../src/file-stat.js';
import { whatBecameOf } from '../../src/watcher/folder.js';
import { openSource } from '../../src/watcher/source.js';
import type { Directory, WalkContext } from '../../src/watcher/stat-entry.js';
import { temporaryFolder } from './fixtures.js';

test('folder: is a problem with the reason, not a replaced one, when its stat fails later', () => {
  const root = temporaryFolder(onTestFinished);
  mkdirSync(join(root, 'a/b'), { recursive: true });
  const { dev, ino } = lstatPath(join(root, 'a/b'));
  const directory: Directory = { kind: 'directory', path: 'a/b', device: dev, inode: ino };
  const at = { source: openSource(root), symlinks: 'skip' } as unknown as WalkContext;
  expect(whatBecameOf(at, directory)).toBeUndefined();
  renameSync(join(root, 'a'), join(root, 'away'));
  expect(whatBecameOf(at, directory)).toBeUndefined(); // gone
  symlinkSync('a', join(root, 'a')); // a circle: lstat(2) fails with ELOOP
  expect(whatBecameOf(at, directory)).toMatchObject({
    reason: 'link-loop',
    hides: 'path-and-below',
  });
});
