import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { watchDirectory } from '../../src/watcher/directories.js';
import type { WatchDirectory } from '../../src/watcher/directory-watch.js';
import { type OpenWatcherOptions, openWatcher } from '../../src/watcher/open-watcher.js';
import { readWatchLimits } from '../../src/watcher/watch-limits.js';
import type { Watcher } from '../../src/watcher/watcher.js';
import { fakeClock } from '../fakes/clock.js';
import { silent, temporaryFolder, writeFile } from './fixtures.js';
import { Follower, until } from './follower.js';

async function watch(
  root: string,
  options: Partial<OpenWatcherOptions>,
): Promise<{ watcher: Watcher; follower: Follower }> {
  const watcher = await openWatcher({
    root,
    engine: 'directories',
    chokidarLimit: 0,
    settleMs: 10,
    settleLimitMs: 100,
    degradedRescanMs: 100,
    rootCheckMs: 50,
    clock: systemClock,
    log: silent,
    ...options,
  });
  onTestFinished(() => watcher.close());
  await watcher.ready;
  return { watcher, follower: new Follower(root, watcher) };
}

/** Refuses with the error that Node gives at the limit, once `room.watches` are placed. */
function limited(room: { watches: number }): WatchDirectory {
  return (path, events) => {
    if (room.watches <= 0)
      throw Object.assign(
        new Error(`ENOSPC: System limit for number of file watchers reached, watch '${path}'`),
        {
          code: 'ENOSPC',
          errno: -28,
          syscall: 'watch',
          path,
        },
      );
    room.watches -= 1;
    const placed = watchDirectory(path, events);
    return {
      close() {
        room.watches += 1;
        return placed.close();
      },
    };
  };
}

test('P1: watcher: rescans folders without a watch on a timer, and watches them once there is one', async () => {
  const root = temporaryFolder(onTestFinished);
  for (let i = 0; i < 5; i++) writeFile(join(root, `${i}/deep/file`));
  const room = { watches: 4 };
  const { watcher, follower } = await watch(root, { watchDirectory: limited(room) });
  const { degraded, directories } = watcher.state();
  expect(directories).toBe(4);
  expect(degraded.length).toBeGreaterThan(0);
  await until(() =>
    watcher
      .state()
      .degraded.every(({ why }) => why.includes('this source needs 11, one for each folder')),
  );
  expect(degraded[0]?.why).toContain(
    `fs.inotify.max_user_watches is ${readWatchLimits()?.watches.value}`,
  );
  for (let i = 0; i < 5; i++) writeFile(join(root, `${i}/deep/file`), 'changed');
  writeFile(join(root, 'new/deep/file'));
  await follower.follows();

  room.watches = 100;
  await until(
    () => watcher.state().directories === 13,
    () => JSON.stringify(watcher.state()),
  );
  expect(watcher.state().degraded).toEqual([]);
  for (let i = 0; i < 5; i++) writeFile(join(root, `${i}/deep/file`), 'changed once more');
  await follower.follows();
});

test('P1: watcher: rescans the whole source on the timer while there is no watch at all', async () => {
  const root = temporaryFolder(onTestFinished);
  const { watcher, follower } = await watch(root, { watchDirectory: limited({ watches: 0 }) });
  expect(watcher.state()).toMatchObject({ directories: 0, degraded: [{ under: '' }] });
  writeFile(join(root, 'a/b/file'));
  await follower.follows();
});

test('watcher: reports many unwatched folders as the few folders above them', async () => {
  const root = temporaryFolder(onTestFinished);
  for (let i = 0; i < 100; i++) writeFile(join(root, `top/${i}/file`));
  const { watcher } = await watch(root, { watchDirectory: limited({ watches: 10 }) });
  expect(watcher.state().degraded).toMatchObject([{ under: 'top' }]);
});

test('watcher: keeps the time between rescans of an unwatched folder, and tries nothing before', async () => {
  const root = temporaryFolder(onTestFinished);
  writeFile(join(root, 'folder/file'));
  const clock = fakeClock();
  const room = { watches: 1 };
  const { watcher, follower } = await watch(root, {
    watchDirectory: limited(room),
    clock,
    degradedRescanMs: 60_000,
  });
  const rescans = () =>
    follower.hints.filter((hint) => hint.kind === 'rescan' && hint.under === 'folder').length;
  await clock.advance(59_900);
  room.watches = 1;
  expect([rescans(), watcher.state().directories]).toEqual([0, 1]);
  await clock.advance(300);
  expect(rescans()).toBe(1);
  await until(() => watcher.state().directories === 2);
});

test('P1: watcher: rescans a new folder without a watch at once, and lists it until it has one', async () => {
  const root = temporaryFolder(onTestFinished);
  const room = { watches: 1 };
  const { watcher, follower } = await watch(root, {
    watchDirectory: limited(room),
    degradedRescanMs: 3_600_000,
  });
  expect(watcher.unwatched()).toEqual([]);
  writeFile(join(root, 'folder/file'));
  await until(() =>
    follower.hints.some(
      (hint) => hint.kind === 'rescan' && hint.under === 'folder' && hint.since === undefined,
    ),
  );
  expect(watcher.unwatched()).toEqual([
    { under: 'folder', why: expect.stringContaining('no watches left') },
  ]);
  rmSync(join(root, 'folder'), { recursive: true });
  await until(() => watcher.unwatched().length === 0);
});

test('watcher: skips a folder without read permission, and watches it once it has it', async () => {
  const root = temporaryFolder(onTestFinished);
  writeFile(join(root, 'secret/file'));
  let forbidden = true;
  const forbid: WatchDirectory = (path, events) => {
    if (forbidden && path.endsWith('secret'))
      throw Object.assign(new Error(`EACCES: permission denied, watch '${path}'`), {
        code: 'EACCES',
      });
    return watchDirectory(path, events);
  };
  const { watcher, follower } = await watch(root, {
    watchDirectory: forbid,
    degradedRescanMs: 3_600_000,
  });
  expect(watcher.state().degraded).toEqual([
    { under: 'secret', why: expect.stringContaining('EACCES') },
  ]);
  expect(watcher.unwatched(), 'a scan cannot read it either').toEqual([]);
  forbidden = false;
  execFileSync('chmod', ['755', join(root, 'secret')]); // its attributes change: that is the sign
  await until(() => watcher.state().directories === 2);
  writeFile(join(root, 'secret/file'), 'changed');
  await follower.follows();
});

test('P1: watcher: watches the folder that replaced another while its watch was placed', async () => {
  const root = temporaryFolder(onTestFinished);
  writeFile(join(root, 'name/file'), 'one');
  writeFile(join(root, 'other/file'), 'two');
  let swaps = 3;
  const swapping: WatchDirectory = (path, events) => {
    const placed = watchDirectory(path, events);
    if (path.endsWith('/name') && swaps-- > 0) {
      renameSync(path, join(root, 'third'));
      renameSync(join(root, 'other'), path);
      renameSync(join(root, 'third'), join(root, 'other'));
    }
    return placed;
  };
  const { watcher, follower } = await watch(root, { watchDirectory: swapping });
  await follower.follows();
  expect(swaps).toBeLessThan(1);
  writeFile(join(root, 'name/file'), 'changed');
  writeFile(join(root, 'other/file'), 'changed too');
  await follower.follows();
  await until(() => watcher.state().directories === 3);
});

test('P1: watcher: watches a source whose watch takes longer than the time between checks', async () => {
  const root = temporaryFolder(onTestFinished);
  writeFile(join(root, 'folder/file'));
  const slow: WatchDirectory = async (path, events) => {
    await systemClock.sleep(100);
    return watchDirectory(path, events);
  };
  const { watcher, follower } = await watch(root, { watchDirectory: slow, rootCheckMs: 5 });
  renameSync(root, `${root}-away`);
  onTestFinished(() => rmSync(`${root}-away`, { recursive: true }));
  writeFile(join(root, 'folder/other'));
  await follower.follows();
  await until(() => watcher.state().directories === 2);
  writeFile(join(root, 'folder/other'), 'changed');
  await follower.follows();
});

// The limit for real: a user namespace has a limit of its own (user_namespaces(7)).
const canUnshare = spawnSync('unshare', ['-Ur', 'true']).status === 0;

test.skipIf(!canUnshare)(
  "P1: at the kernel's own limit of watches, changes in unwatched folders are found",
  async () => {
    const root = temporaryFolder(onTestFinished);
    for (let i = 0; i < 20; i++) writeFile(join(root, `${i}/file`));
    const program = `
    import { systemClock } from ${JSON.stringify(new URL('../../src/clock.js', import.meta.url).href)};
    import { openWatcher } from ${JSON.stringify(new URL('../../src/watcher/open-watcher.js', import.meta.url).href)};
    const log = { error() {}, warn: (event, fields) => console.log(JSON.stringify({ event, ...fields })), info() {}, debug() {}, debugEnabled: false };
    const watcher = await openWatcher({ root: process.argv[1], engine: process.argv[2], chokidarLimit: 0, settleMs: 0, settleLimitMs: 0, degradedRescanMs: 100, clock: systemClock, log });
    await watcher.ready;
    console.log('ready', JSON.stringify(watcher.state()));
    for await (const hint of watcher) console.log(JSON.stringify(hint));`;
    for (const engine of ['directories', 'chokidar']) {
      const command =
        'echo 10 > /proc/sys/user/max_inotify_watches && exec "$0" --input-type=module -e "$@"';
      const child = spawn(
        'unshare',
        ['-Ur', 'sh', '-c', command, process.execPath, program, root, engine],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      onTestFinished(() => void child.kill('SIGKILL'));
      let output = '';
      child.stdout.on('data', (text) => {
        output += text;
      });
      await until(
        () => output.includes('ready'),
        () => output,
      );
      expect(output).toContain('"directories":10');
      await until(
        () =>
          output.includes('user.max_inotify_watches is 10') &&
          output.includes('this source needs 21'),
        () => output,
      );
      const rescanned = () => new Set(output.match(/"kind":"rescan","under":"[^"]*"/g)).size;
      await until(
        () => rescanned() >= 11,
        () => output,
      );
      child.kill('SIGKILL');
    }
  },
);

test('P1: watcher: retries a folder that failed for a moment after 1, 2, 4 ... s, and lists it until then', async () => {
  const root = temporaryFolder(onTestFinished);
  const clock = fakeClock();
  let fails = 3;
  const failing: WatchDirectory = (path, events) => {
    if (path.endsWith('folder') && fails-- > 0)
      throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'stat' });
    return watchDirectory(path, events);
  };
  const { watcher, follower } = await watch(root, {
    watchDirectory: failing,
    clock,
    degradedRescanMs: 3_600_000,
    rootCheckMs: 3_600_000,
  });
  expect(watcher.unsettled()).toBeUndefined();
  writeFile(join(root, 'folder/file'));
  await until(() => fails === 2);
  expect(watcher.unsettled()).toEqual({ since: undefined });
  await clock.advance(1_000);
  await until(() => fails === 1);
  await clock.advance(1_900);
  expect(fails).toBe(1);
  await clock.advance(100);
  await until(() => fails === 0);
  await clock.advance(4_000);
  await until(() => watcher.state().directories === 2);
  await clock.advance(1_000);
  await until(() =>
    follower.hints.some(
      (hint) => hint.kind === 'rescan' && hint.under === 'folder' && hint.since === undefined,
    ),
  );
  await until(() => watcher.unsettled() === undefined);
});
