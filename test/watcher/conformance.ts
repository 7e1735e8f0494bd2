import { execFile, execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';

import { openFilter } from '../../src/watcher/filter.js';
import { type OpenWatcherOptions, openWatcher } from '../../src/watcher/open-watcher.js';
import { SourceMissingError } from '../../src/watcher/source.js';
import { readWatchLimits } from '../../src/watcher/watch-limits.js';
import type { Watcher } from '../../src/watcher/watcher.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { silent } from './fixtures.js';
import { describeStat, Follower, until } from './follower.js';

/** What every engine that watches must do, on a real file system. */
export function watcherConformance(engine: 'chokidar' | 'directories'): void {
  describe(engine, () => {
    let folder: string;
    let root: string;
    const open: Watcher[] = [];

    beforeEach(() => {
      folder = createFolder('watch');
      root = join(folder, 'source');
      fs.mkdirSync(root);
    });

    afterEach(async () => {
      for (const watcher of open.splice(0)) await watcher.close();
      removeFolder(folder);
    });

    const watch = async (
      options: Partial<OpenWatcherOptions> = {},
    ): Promise<{ watcher: Watcher; follower: Follower }> => {
      const watcher = await openWatcher({
        root,
        engine,
        chokidarLimit: 5_000,
        settleMs: 20,
        settleLimitMs: 500,
        rootCheckMs: 50,
        clock: systemClock,
        log: silent,
        ...options,
      });
      open.push(watcher);
      await watcher.ready;
      return { watcher, follower: new Follower(root, watcher) };
    };

    const write = (path: string, text = 'x'): void => {
      fs.mkdirSync(join(root, path, '..'), { recursive: true });
      fs.writeFileSync(join(root, path), text);
    };

    test('P1: watcher: a file that is created, appended to, truncated, made unreadable, renamed or deleted is hinted', async () => {
      write('folder/old');
      const { follower } = await watch();
      const steps: (() => void)[] = [
        () => fs.writeFileSync(join(root, 'folder/new'), 'text'),
        () => fs.appendFileSync(join(root, 'folder/new'), 'more'),
        () => fs.truncateSync(join(root, 'folder/new'), 2),
        () => fs.chmodSync(join(root, 'folder/new'), 0o400),
        () => fs.utimesSync(join(root, 'folder/new'), 1, 1),
        () => fs.renameSync(join(root, 'folder/new'), join(root, 'moved')),
        () => fs.renameSync(join(root, 'moved'), join(root, 'folder/old')),
        () => fs.linkSync(join(root, 'folder/old'), join(root, 'hard link')),
        () => fs.symlinkSync('folder/old', join(root, 'link')),
        () => fs.rmSync(join(root, 'folder/old')),
        () => fs.rmSync(join(root, 'link')),
      ];
      for (const step of steps) {
        step();
        await follower.follows();
      }
    });

    test('P1: watcher: no file of a burst of 10,000 in 100 new nested folders goes without a hint', async () => {
      const { follower } = await watch();
      const burst = `const fs = require('node:fs');
        for (let i = 0; i < 100; i++) {
          const folder = process.argv[1] + '/' + (i % 10) + '/deep/' + i;
          fs.mkdirSync(folder, { recursive: true });
          for (let j = 0; j < 100; j++) fs.writeFileSync(folder + '/' + j, 'x');
        }`;
      await run(burst, root);
      await follower.follows();
      expect(follower.believes.size).toBe(10_000);
    });

    test('P1: watcher: hints a file that is written into a folder at the moment when it is made', async () => {
      const { follower } = await watch();
      for (let i = 0; i < 50; i++) write(`a${i}/b/c/file`);
      await follower.follows();
      for (let i = 0; i < 50; i++) fs.appendFileSync(join(root, `a${i}/b/c/file`), 'more');
      await follower.follows();
    });

    test('P1: watcher: hints writes below a renamed folder under its new name', async () => {
      write('before/deep/file');
      const { follower } = await watch();
      fs.renameSync(join(root, 'before'), join(root, 'after'));
      await follower.follows();
      write('after/deep/file', 'changed');
      write('after/deep/more');
      await follower.follows();
      fs.mkdirSync(join(root, 'elsewhere'));
      fs.renameSync(join(root, 'after/deep'), join(root, 'elsewhere/deep'));
      await follower.follows();
      write('elsewhere/deep/file', 'changed again');
      await follower.follows();
    });

    test('P1: watcher: hints everything in a deleted folder, and closes its watches', async () => {
      for (let i = 0; i < 100; i++) write(`gone/${i % 10}/${i}`);
      write('stays/file');
      const { watcher, follower } = await watch();
      expect(watcher.state().directories).toBe(13);
      fs.rmSync(join(root, 'gone'), { recursive: true });
      await follower.follows();
      await until(
        () => watcher.state().directories === 2,
        () => JSON.stringify(watcher.state()),
      );
    });

    test('P1: watcher: follows a name that turns from folder to file to link and back', async () => {
      write('other/file');
      write('name/inside');
      const { follower } = await watch();
      const path = join(root, 'name');
      for (let round = 0; round < 3; round++) {
        fs.rmSync(path, { recursive: true });
        fs.writeFileSync(path, 'a file');
        await follower.follows();
        fs.rmSync(path);
        fs.symlinkSync('other', path);
        await follower.follows();
        fs.rmSync(path);
        write('name/inside', `round ${round}`);
        await follower.follows();
        write('name/inside', `round ${round}, later`);
        await follower.follows();
      }
    });

    test('P1: watcher: watches a folder that replaced another of the same name', async () => {
      write('folder/file');
      const { follower } = await watch();
      for (let round = 0; round < 20; round++) {
        // Removed and made again, a folder often gets the inode number of the one before.
        fs.rmSync(join(root, 'folder'), { recursive: true });
        write('folder/sub/file');
        if (round % 2 === 0) await follower.follows();
        write('folder/sub/file', `round ${round}`);
        await follower.follows();
      }
      write('new/sub/file');
      await follower.follows();
      fs.renameSync(join(root, 'folder'), join(root, 'old'));
      fs.renameSync(join(root, 'new'), join(root, 'folder'));
      await follower.follows();
      write('folder/sub/file', 'in the new one');
      write('old/sub/file', 'in the old one');
      await follower.follows();
    });

    test('P1: watcher: watches a source again that goes and comes back', async () => {
      write('folder/file');
      const { watcher, follower } = await watch();
      fs.renameSync(root, `${root}-away`);
      await until(
        () => watcher.state().degraded.length > 0,
        () => JSON.stringify(watcher.state()),
      );
      expect(watcher.state().degraded).toEqual([
        { under: '', why: expect.stringContaining(`${root} does not exist`) },
      ]);
      write('folder/other'); // another root under the same name
      await follower.follows();
      await until(() => watcher.state().degraded.length === 0);
      write('folder/other', 'later');
      await follower.follows();

      fs.rmSync(root, { recursive: true });
      fs.renameSync(`${root}-away`, root);
      await follower.follows();
      await until(() => watcher.state().directories === 2);
      write('folder/file', 'later');
      await follower.follows();
    });

    test('P1: watcher: hints odd names unchanged', async () => {
      const names = [
        'new\nline',
        ' space ',
        '-dash',
        'emoji 🚢',
        'nfd e\u0301',
        'nfc \u00e9',
        'back\\slash',
        '%2f',
        '*',
        '\u0001',
        'a'.repeat(255),
        '\u{1f6a2}\ufffd',
      ];
      for (const name of names.slice(0, 6)) write(`${name}/file`);
      const { follower } = await watch();
      for (const name of names) write(`${name}/file`, 'new');
      for (const name of names) write(`file ${name}`.slice(0, 200));
      await follower.follows();
      for (const name of names) write(`${name}/file`, 'newer');
      await follower.follows();
      for (const name of names) fs.rmSync(join(root, name), { recursive: true });
      await follower.follows();
    });

    test('P1: watcher: rescans the folder that holds a name that is not UTF-8', async () => {
      write('folder/file');
      const { follower } = await watch();
      fs.writeFileSync(
        Buffer.concat([Buffer.from(`${root}/folder/`), Buffer.from([0x66, 0xff, 0xfe])]),
        'x',
      );
      await until(() =>
        follower.hints.some((hint) => hint.kind === 'rescan' && hint.under === 'folder'),
      );
      fs.mkdirSync(Buffer.concat([Buffer.from(`${root}/folder/`), Buffer.from([0xff])]));
      write('folder/file', 'still watched');
      await until(
        () =>
          follower.believes.get('folder/file') ===
          describeStat(fs.lstatSync(join(root, 'folder/file'), { bigint: true })),
      );
    });

    test('watcher: does not watch a folder that the filter excludes', async () => {
      write('node_modules/deep/file');
      write('source/file');
      const { watcher, follower } = await watch({
        rules: openFilter({ exclude: ['node_modules/'], include: [], never: [] }),
      });
      expect(watcher.state().directories).toBe(2);
      write('source/node_modules/file');
      write('source/other/file');
      await until(() => watcher.state().directories === 3);
      await until(() => follower.believes.has('source/other/file'));
      write('node_modules/deep/file', 'changed');
      write('last');
      await until(() => follower.believes.has('last'));
      expect(follower.hints.filter((hint) => JSON.stringify(hint).includes('deep'))).toEqual([]);
    });

    test('P1: watcher: watches a folder while no ignore file excludes it', async () => {
      write('.longshoreignore', 'build/\n');
      write('a/.longshoreignore', '!build/\n/cache/\n');
      for (const path of ['build/x/1', 'a/build/2', 'a/cache/y/3', 'b/build/4', 'b/cache/5'])
        write(path);
      const { watcher, follower } = await watch();
      expect(watcher.state().directories).toBe(5); // the source, a, a/build, b, b/cache
      write('a/.longshoreignore', '');
      await until(() => watcher.state().directories === 6); // not a/build any more, but a/cache and a/cache/y
      write('a/cache/y/new');
      await follower.follows();
      fs.rmSync(join(root, '.longshoreignore'));
      await until(() => watcher.state().directories === 10);
      for (const path of ['build/x/6', 'a/build/6', 'b/build/6']) write(path);
      await follower.follows();
      fs.writeFileSync(join(folder, 'other'), '*\n');
      fs.renameSync(join(folder, 'other'), join(root, 'a/.longshoreignore'));
      await until(() => watcher.state().directories === 7);
    });

    test('P1: watcher: follows an ignore file that changes among very many others', async () => {
      write('.longshoreignore', 'build/\n');
      write('build/x');
      const { watcher, follower } = await watch();
      expect(watcher.state().directories).toBe(1);
      for (let i = 0; i < 3_000; i++) fs.writeFileSync(join(root, `file ${i}`), '');
      write('.longshoreignore', '');
      for (let i = 0; i < 3_000; i++) fs.writeFileSync(join(root, `more ${i}`), '');
      await until(() => watcher.state().directories === 2);
      write('build/y');
      await follower.follows();
    });

    test('watcher: watches a folder whose ignore file cannot be read, and applies it once it can be', async () => {
      fs.mkdirSync(join(root, 'a/.longshoreignore'), { recursive: true });
      write('a/b/file');
      const { watcher } = await watch();
      expect(watcher.state().directories).toBe(4);
      fs.rmdirSync(join(root, 'a/.longshoreignore'));
      write('a/.longshoreignore', 'b/');
      await until(() => watcher.state().directories === 2);
    });

    test('watcher: watches a source behind a symbolic link', async () => {
      write('folder/file');
      const link = join(folder, 'link');
      fs.symlinkSync('source', link);
      const { follower } = await watch({ root: link });
      write('folder/file', 'changed');
      await follower.follows();
    });

    test('watcher: follows a link to a folder only when asked to, within the source, and never in a circle', async () => {
      write('real/file');
      fs.mkdirSync(join(folder, 'outside'));
      fs.symlinkSync('real', join(root, 'link'));
      fs.symlinkSync('..', join(root, 'real/circle'));
      fs.symlinkSync('../outside', join(root, 'outside'));
      fs.symlinkSync('nowhere', join(root, 'dangling'));
      const { watcher: plain } = await watch();
      expect(plain.state().directories).toBe(2);
      const { watcher, follower } = await watch({ followLinks: true });
      expect(watcher.state().directories).toBe(3);
      write('real/file', 'changed');
      const hinted = () =>
        follower.hints.flatMap((hint) => (hint.kind === 'paths' ? hint.paths : []));
      await until(
        () => hinted().includes('link/file') && hinted().includes('real/file'),
        () => JSON.stringify(follower.hints),
      );
    });

    test('P1: watcher: rescans and watches everything again when the kernel drops events', async () => {
      const many = Math.ceil((readWatchLimits()?.queuedEvents ?? 16_384) * 1.5);
      write('flat/file');
      const { watcher, follower } = await watch();
      const create = `const fs = require('node:fs');
        for (let i = 0; i < ${many}; i++) fs.writeFileSync(process.argv[1] + '/flat/' + i, '');
        fs.mkdirSync(process.argv[1] + '/late/deep', { recursive: true }); fs.writeFileSync(process.argv[1] + '/late/deep/file', '');`;
      execFileSync(process.execPath, ['-e', create, root]); // the event loop stands still meanwhile
      await follower.follows();
      expect(watcher.state().losses).toBeGreaterThan(0);
      expect(follower.believes.size).toBe(many + 2);
      write('late/deep/file', 'the event of this folder was dropped, it is watched all the same');
      await follower.follows();
    });

    test('watcher: a missing source rejects ready, with its path', async () => {
      await expect(watch({ root: join(folder, 'missing') })).rejects.toThrow(SourceMissingError);
      write('file');
      await expect(watch({ root: join(root, 'file') })).rejects.toThrow(
        `${join(root, 'file')} does not exist, or is no folder`,
      );
    });

    test('watcher: close ends the iteration and closes all watches, also when it is called twice', async () => {
      const before = inotifyWatches();
      write('a/b/c/file');
      const { watcher, follower } = await watch();
      expect(inotifyWatches()).toBe(before + 4);
      await Promise.all([watcher.close(), watcher.close()]);
      await watcher.close();
      await follower.ended;
      expect(inotifyWatches()).toBe(before);
      expect(watcher.state().directories).toBe(0);
    });

    test('watcher: closes all watches and rejects ready when it is closed before it is ready', async () => {
      const before = inotifyWatches();
      for (let i = 0; i < 100; i++) write(`${i}/file`);
      const watcher = await openWatcher({
        root,
        engine,
        chokidarLimit: 0,
        settleMs: 0,
        settleLimitMs: 0,
        clock: systemClock,
        log: silent,
      });
      const reported = watcher.ready.then(
        () => 'ready',
        (error: Error) => error.message,
      );
      await watcher.close();
      expect(await reported).toContain('was closed before it was ready');
      for await (const hint of watcher) expect.unreachable(JSON.stringify(hint));
      expect(inotifyWatches()).toBe(before);
    });
  });
}

/** Watches that the kernel holds for this process. */
export function inotifyWatches(): number {
  const infos = fs.readdirSync('/proc/self/fdinfo').map((fd) => {
    try {
      return fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
    } catch {
      return ''; // the descriptor that listed the folder
    }
  });
  return infos
    .join('\n')
    .split('\n')
    .filter((line) => line.startsWith('inotify wd:')).length;
}

async function run(script: string, ...args: string[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    execFile(process.execPath, ['-e', script, ...args], (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}
