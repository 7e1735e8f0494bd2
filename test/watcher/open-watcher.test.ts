import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { openFilter } from '../../src/watcher/filter.js';
import { type OpenWatcherOptions, openWatcher } from '../../src/watcher/open-watcher.js';
import { silent, temporaryFolder, writeFile } from './fixtures.js';
import { Follower, until } from './follower.js';

const defaults = {
  engine: 'auto',
  chokidarLimit: 5,
  settleMs: 0,
  settleLimitMs: 0,
  clock: systemClock,
  log: silent,
} as const;

async function engineFor(
  options: Partial<OpenWatcherOptions> & { readonly root: string },
): Promise<string> {
  const watcher = await openWatcher({ ...defaults, ...options });
  await watcher.ready;
  await watcher.close();
  return watcher.state().engine;
}

test('watch mode auto: takes chokidar for a small tree and directory watches for a large one', async () => {
  const root = temporaryFolder(onTestFinished);
  for (let i = 0; i < 4; i++) writeFile(join(root, 'folder', String(i)));
  expect(await engineFor({ root })).toBe('chokidar');
  writeFile(join(root, 'excluded/file'));
  expect(await engineFor({ root })).toBe('directories');
  expect(await engineFor({ root, chokidarLimit: 7 })).toBe('chokidar');
  expect(
    await engineFor({
      root,
      chokidarLimit: 6,
      rules: openFilter({ exclude: ['/excluded/'], include: [], never: [] }),
    }),
  ).toBe('chokidar');
});

test('watch mode auto: takes the number of entries that it is given, and counts none', async () => {
  const root = temporaryFolder(onTestFinished);
  expect(await engineFor({ root, entries: 6 })).toBe('directories');
  expect(await engineFor({ root, entries: 5 })).toBe('chokidar');
});

test('watch mode scan: gives no hints, reports that, and ends when it is closed', async () => {
  const root = temporaryFolder(onTestFinished);
  const watcher = await openWatcher({ ...defaults, root, engine: 'scan' });
  await watcher.ready;
  expect(watcher.state()).toEqual({ engine: 'scan', directories: 0, degraded: [], losses: 0 });
  const follower = new Follower(root, watcher);
  mkdirSync(join(root, 'folder'));
  await watcher.close();
  await follower.ended;
  expect(follower.hints).toEqual([]);
});

const program = (engine: string, then: string): string => `
  import { systemClock } from ${JSON.stringify(new URL('../../src/clock.js', import.meta.url).href)};
  import { openWatcher } from ${JSON.stringify(new URL('../../src/watcher/open-watcher.js', import.meta.url).href)};
  const silent = { error() {}, warn() {}, info() {}, debug() {}, debugEnabled: false };
  const watcher = await openWatcher({ root: process.argv[1], engine: '${engine}', chokidarLimit: 1000, settleMs: 0, settleLimitMs: 0, clock: systemClock, log: silent });
  await watcher.ready;
  ${then}`;

test.each(['chokidar', 'directories', 'scan'])(
  'watcher: a program ends by itself after it closed its %s watcher',
  async (engine) => {
    const root = temporaryFolder(onTestFinished);
    writeFile(join(root, 'a/b/file'));
    const then =
      'const reading = (async () => { for await (const hint of watcher); })(); await watcher.close(); await reading;';
    const exit = await new Promise((resolve) => {
      execFile(
        process.execPath,
        ['--input-type=module', '-e', program(engine, then), root],
        { timeout: 30_000 },
        (error, _, stderr) => resolve(error ?? stderr),
      );
    });
    expect(exit).toBe('');
  },
);

test('chokidar: CHOKIDAR_USEPOLLING in the environment does not turn events into polling', async () => {
  const root = temporaryFolder(onTestFinished);
  const file = join(root, 'folder/file');
  writeFile(file);
  const then =
    'console.log("ready"); for await (const hint of watcher) console.log(JSON.stringify(hint));';
  const child: ChildProcess = spawn(
    process.execPath,
    ['--input-type=module', '-e', program('chokidar', then), root],
    {
      env: { ...process.env, CHOKIDAR_USEPOLLING: '1', CHOKIDAR_INTERVAL: '60000' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => void child.kill());
  let output = '';
  child.stdout?.on('data', (text) => {
    output += text;
  });
  await until(() => output.includes('ready'));
  appendFileSync(file, 'more'); // polling would look at the folder alone, which does not change
  await until(
    () => output.includes('folder/file'),
    () => output,
  );
});
