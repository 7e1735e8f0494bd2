import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { watchDirectoryWithChokidar } from '../../src/watcher/chokidar.js';
import { watcherConformance } from './conformance.js';

watcherConformance('chokidar');

test.each([
  ['a file', (path: string) => writeFileSync(path, 'x')],
  ['a link to a folder', (path: string) => symlinkSync('.', path)],
  ['another folder', (path: string) => mkdirSync(path)],
  ['nothing', () => undefined],
])('a folder in whose place is %s as it is about to be watched keeps nobody waiting for ever', async (_, exchange) => {
  const root = mkdtempSync(join(tmpdir(), 'longshore-chokidar-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const watches = Array.from({ length: 40 }, async (_each, turns) => {
    const path = join(root, `folder ${turns}`);
    mkdirSync(path);
    const watching = watchDirectoryWithChokidar(path, { changed: () => {}, failed: () => {} }).then((watch) => watch.close());
    watching.catch(() => undefined); // heard below
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    rmSync(path, { recursive: true });
    exchange(path);
    await watching;
  });
  const ends = await Promise.allSettled(watches);
  for (const end of ends)
    if (end.status === 'rejected') expect(String(end.reason)).toMatch(/was exchanged as it was about to be watched|ENOENT|ENOTDIR/);
});
