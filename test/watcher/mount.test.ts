import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder, writeFile } from './fixtures.js';

const canMount =
  spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

// A mount makes no event at all. Runs in a mount namespace of its own.
const program = `
  import { execFileSync } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  import { systemClock } from ${JSON.stringify(new URL('../../src/clock.js', import.meta.url).href)};
  import { openWatcher } from ${JSON.stringify(new URL('../../src/watcher/open-watcher.js', import.meta.url).href)};
  import { Follower } from ${JSON.stringify(new URL('./follower.js', import.meta.url).href)};
  const silent = { error() {}, warn() {}, info() {}, debug() {}, debugEnabled: false };
  const root = process.argv[1];
  const watcher = await openWatcher({ root, engine: process.argv[2], chokidarLimit: 0, settleMs: 0, settleLimitMs: 0, rootCheckMs: 20, clock: systemClock, log: silent });
  await watcher.ready;
  const follower = new Follower(root, watcher);
  for (const folder of ['folder', '']) {
    const path = root + '/' + folder;
    execFileSync('mount', ['-t', 'tmpfs', 'none', path]);
    await follower.follows();
    writeFileSync(path + '/mounted', '');
    await follower.follows();
    if (folder === '') break;
    execFileSync('umount', ['-l', path]);
    await follower.follows();
    writeFileSync(path + '/beneath', '');
    await follower.follows();
  }
  await watcher.close();
  console.log('followed');`;

test.skipIf(!canMount).each(['directories', 'chokidar'])(
  'P1: watcher %s: watches a file system that is mounted over a watched folder, or the source',
  async (engine) => {
    const root = temporaryFolder(onTestFinished);
    writeFile(join(root, 'folder/file'));
    const output = await new Promise<string>((resolve) => {
      const command = [
        '-Urm',
        process.execPath,
        '--input-type=module',
        '-e',
        program,
        root,
        engine,
      ];
      execFile('unshare', command, { timeout: 30_000 }, (error, stdout, stderr) =>
        resolve(`${stdout}${stderr}${error?.signal ?? ''}`),
      );
    });
    expect(output).toBe('followed\n');
  },
);
