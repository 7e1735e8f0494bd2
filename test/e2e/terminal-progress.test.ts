import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { eventually } from '../world/eventually.js';
import { MAIN, run } from '../world/program.js';
import { noTerminal, openTerminal } from '../world/terminal.js';
import { openWorkspace } from '../world/workspace.js';

const FILES = 40;
const SIZE = 3_000;

/** A mirror of small files on a bucket that answers no request of an operation while its door is closed. */
async function openScene() {
  const fake = await startFakeS3();
  const { folder } = openWorkspace('terminal-progress', () => fake.close());
  mkdirSync(join(folder, 'photos'));
  for (let at = 0; at < FILES; at += 1)
    writeFileSync(join(folder, 'photos', `${at}.jpg`), 'x'.repeat(SIZE));
  const config = {
    state: './state',
    targets: { vault: fakeTarget(fake) },
    mirrors: [
      { name: 'photos', source: './photos', target: 'vault', container: 'backups', lease: 0 },
    ],
  };
  writeFileSync(join(folder, 'longshore.yaml'), JSON.stringify(config), { mode: 0o600 });
  const env = { PATH: process.env['PATH'], HOME: folder, XDG_CACHE_HOME: '/proc', TERM: 'xterm' };
  return {
    fake,
    folder,
    env,
    show: (columns: number, args: readonly string[], more = {}) =>
      openTerminal([process.execPath, MAIN, ...args], {
        cwd: folder,
        env: { ...env, ...more },
        columns,
      }),
    longshore: (...args: readonly string[]) => run(args, { cwd: folder }),
  };
}

const linesOf = (text: string) => text.split(/[\r\n]+/);

describe.skipIf(noTerminal !== undefined)('progress on a terminal', { timeout: 180_000 }, () => {
  test.each([
    ['reconcile', ['reconcile'], 'PutObject', `0 of ${FILES} changes`],
    ['restore', ['restore', 'photos', '--to', 'back'], 'GetObject', `0 of ${FILES} objects`],
    ['verify', ['verify', 'photos', '--read-back', 'all'], 'GetObject', `0 of ${FILES} objects`],
  ] as const)('%s: shows it in one line that fits', async (name, args, door, shown) => {
    const { fake, show, longshore } = await openScene();
    if (name === 'restore' || name === 'verify')
      expect(await longshore('reconcile')).toMatchObject({ code: 0 });
    fake.doors.close(door);
    const terminal = show(46, args);
    await eventually(() => expect(terminal.text()).toContain(`photos: ${shown}`), 50_000);
    expect(Math.max(...linesOf(terminal.text()).map((line) => line.length))).toBeLessThan(46);
    fake.doors.open(door);
    expect(await terminal.finished, terminal.text()).toBe(0);
  });

  test('a terminal that cannot move its cursor, and a pipe, get no such line', async () => {
    const { fake, folder, show } = await openScene();
    fake.doors.close('PutObject');
    const dumb = show(80, ['reconcile'], { TERM: 'dumb' });
    await eventually(() => expect(fake.doors.arrived('PutObject')).toBeGreaterThan(0), 50_000);
    fake.doors.open('PutObject');
    expect(await dumb.finished).toBe(0);
    expect(dumb.text()).not.toContain(' changes');
    const piped = await run(['restore', 'photos', '--to', 'back'], { cwd: folder });
    expect([piped.code, piped.stderr]).toEqual([0, expect.not.stringContaining('objects ·')]);
  });
});

test('--log-json: the log is JSON, whatever the configuration says', async () => {
  const { folder } = await openScene();
  const { code, stderr } = await run(['--log-json', 'reconcile'], { cwd: folder });
  expect(code).toBe(0);
  const lines = stderr.trim().split('\n');
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.anything() });
});
