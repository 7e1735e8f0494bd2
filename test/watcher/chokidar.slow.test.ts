import { execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FSWatcher } from 'chokidar';
import { expect, onTestFinished, test } from 'vitest';
import { watchDirectoryWithChokidar } from '../../src/watcher/chokidar.js';
import { temporaryFolder } from '../world/folder.js';
import { watcherConformance } from './conformance.js';

watcherConformance('chokidar');

test.each([
  ['a file', (path: string) => writeFileSync(path, 'x')],
  ['a link to a folder', (path: string) => symlinkSync('.', path)],
  ['another folder', (path: string) => mkdirSync(path)],
  ['nothing', () => undefined],
])(
  'chokidar: a folder that is replaced by %s before its watch begins does not block `ready`',
  async (_, exchange) => {
    const root = temporaryFolder('chokidar');
    const watches = Array.from({ length: 40 }, async (_each, turns) => {
      const path = join(root, `folder ${turns}`);
      mkdirSync(path);
      const watching = watchDirectoryWithChokidar(path, {
        changed: () => {},
        failed: () => {},
      }).then((watch) => watch.close());
      watching.catch(() => undefined); // heard below
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
      rmSync(path, { recursive: true });
      exchange(path);
      await watching;
    });
    const ends = await Promise.allSettled(watches);
    for (const end of ends)
      if (end.status === 'rejected')
        expect(String(end.reason)).toMatch(
          /was exchanged as it was about to be watched|ENOENT|ENOTDIR/,
        );
  },
);

/** What a folder may hold that chokidar's own reader stumbles over, or might one day. */
const ODD_ENTRIES: readonly (readonly [string, (folder: string) => void])[] = [
  ['a link that leads through a file', (folder) => symlinkSync('file/below', join(folder, 'link'))],
  ['a link to nothing', (folder) => symlinkSync('nothing', join(folder, 'link'))],
  ['a link to itself', (folder) => symlinkSync('link', join(folder, 'link'))],
  ['a link to its own folder', (folder) => symlinkSync('.', join(folder, 'link'))],
  [
    'a link with a name too long to resolve',
    (folder) => symlinkSync('x'.repeat(300), join(folder, 'link')),
  ],
  [
    'a link into a folder that cannot be resolved',
    (folder) => symlinkSync('/proc/self/fd/999/x', join(folder, 'link')),
  ],
  ['a named pipe', (folder) => execFileSync('mkfifo', [join(folder, 'pipe')])],
  ['a folder without permissions', (folder) => void mkdirSync(join(folder, 'closed'), { mode: 0 })],
];

test.each(ODD_ENTRIES)(
  'chokidar: watches a folder that holds %s at the first try',
  async (_, make) => {
    const folder = temporaryFolder('chokidar');
    writeFileSync(join(folder, 'file'), '');
    make(folder);
    const names = new EventEmitter();
    const changed = once(names, 'name');
    const watch = await watchDirectoryWithChokidar(folder, {
      changed: (_kind, name) => names.emit('name', name),
      failed: () => {},
    });
    onTestFinished(() => watch.close());
    expect(watch).toBeInstanceOf(FSWatcher); // what stands in for a chokidar that is never ready is none
    expect((watch as FSWatcher).getWatched()).toEqual({
      [join(folder, '..')]: [folder.slice(folder.lastIndexOf('/') + 1)],
      [folder]: [],
    });
    writeFileSync(join(folder, 'new'), '');
    expect(await changed).toEqual(['new']);
  },
);

test('chokidar: follows a link to a folder, and names what changes behind it', async () => {
  const root = temporaryFolder('chokidar');
  mkdirSync(join(root, 'target'));
  symlinkSync('target', join(root, 'link'));
  const names = new EventEmitter();
  const changed = once(names, 'name');
  const events = {
    changed: (_kind: string, name: string | undefined) => void names.emit('name', name),
    failed: () => {},
  };
  const watch = await watchDirectoryWithChokidar(join(root, 'link'), events);
  onTestFinished(() => watch.close());
  writeFileSync(join(root, 'target', 'new'), '');
  expect(await changed).toEqual(['new']);
});
