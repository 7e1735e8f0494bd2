import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';

/** What a disk looks like at its mount point when it is not mounted. */
const AWAY: [string, (vault: string) => void][] = [
  ['an empty folder', (vault) => mkdirSync(vault)],
  [
    'another folder with other things in it',
    (vault) => {
      mkdirSync(join(vault, 'photos of another program'), { recursive: true });
      writeFileSync(join(vault, 'README'), 'mount the disk here');
    },
  ],
  ['missing', () => {}],
];

test.each(AWAY)(
  'P4: a local target that held objects and is now %s gets no object, after a restart either, until its objects are back or a person accepts it',
  async (_, leave) => {
    const mirror = openLocalMirror();
    const vault = join(mirror.folder, 'vault');
    for (const name of ['a', 'b']) mirror.write(name);
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    renameSync(vault, `${vault}.mounted elsewhere`);
    leave(vault);
    const refused = await mirror.longshore('reconcile');
    expect(refused.code, refused.stderr).toBe(6);
    expect(refused.stdout + refused.stderr).toContain('longshore accept-target documents');
    expect(existsSync(mirror.container)).toBe(false);

    const daemon = mirror.daemon();
    await eventually(() =>
      expect(daemon.stderr()).toMatch(/error state changed .*state=target-changed/),
    );
    expect(existsSync(mirror.container)).toBe(false);
    daemon.kill('SIGTERM');
    await daemon.finished;

    expect((await mirror.longshore('accept-target', 'documents')).code).toBe(0);
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    expect(mirror.objects()).toEqual(['a', 'b']);
    rmSync(vault, { recursive: true });
    leave(vault);
    expect((await mirror.longshore('reconcile')).code).toBe(6); // accepted once is not accepted for good
    rmSync(vault, { recursive: true, force: true });
    renameSync(`${vault}.mounted elsewhere`, vault);
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    expect(mirror.objects()).toEqual(['a', 'b']);
  },
);

test('P1: a target that went back to an older state is reported, and a scan compares with it at once', async () => {
  const mirror = openLocalMirror();
  const vault = join(mirror.folder, 'vault');
  mirror.write('a');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  cpSync(vault, `${vault}.snapshot`, { recursive: true, preserveTimestamps: true });
  mirror.write('b');
  expect((await mirror.longshore('scan')).code).toBe(0);
  rmSync(vault, { recursive: true });
  renameSync(`${vault}.snapshot`, vault);
  expect(mirror.objects()).toEqual(['a']);
  const run = await mirror.longshore('scan');
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).toMatch(/warn target went back to an older state/);
  expect(mirror.objects()).toEqual(['a', 'b']);
  expect((await mirror.longshore('scan')).stderr).not.toMatch(/went back/);
});

test('P4: a state that is older than the container is reported, compared at once, and deletes nothing of what it does not know', async () => {
  const mirror = openLocalMirror();
  mirror.write('a', 'old');
  mirror.write('gone later');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  mirror.saveState();
  const before = readFileSync(join(mirror.source, 'gone later'));
  mirror.write('a', 'new');
  mirror.write('b');
  rmSync(join(mirror.source, 'gone later'));
  expect((await mirror.longshore('scan')).code).toBe(0);
  // The machine is restored from its image of before.
  mirror.restoreState();
  mirror.write('a', 'old');
  mirror.write('gone later', before);
  rmSync(join(mirror.source, 'b'));
  const run = await mirror.longshore('scan');
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).toMatch(/warn state is older than the container/);
  expect(mirror.objects()).toEqual(['a', 'b', 'gone later']);
  expect(readFileSync(join(mirror.container, 'a'), 'utf8')).toBe('old');
  expect((await mirror.longshore('scan')).stderr).not.toMatch(/is older/);
});

test('P1: a target that goes back to an older state under a running daemon is reported and compared with at once', async () => {
  const mirror = openLocalMirror('    lease: 4s\n');
  const snapshot = `${mirror.container}.snapshot`;
  const renewalIn = (container: string) =>
    (JSON.parse(readFileSync(join(container, '.longshore/lease'), 'utf8')) as { renewal: number })
      .renewal;
  mirror.write('a');
  const daemon = mirror.daemon();
  await eventually(() => expect(mirror.objects()).toEqual(['a']));
  cpSync(mirror.container, snapshot, { recursive: true, preserveTimestamps: true });
  mirror.write('b');
  await eventually(() => {
    expect(mirror.objects()).toEqual(['a', 'b']);
    expect(renewalIn(mirror.container)).toBeGreaterThan(renewalIn(snapshot));
  });
  rmSync(mirror.container, { recursive: true });
  renameSync(snapshot, mirror.container);
  mirror.write('c');
  await eventually(() => expect(mirror.objects()).toEqual(['a', 'b', 'c']));
  expect(daemon.stderr()).toMatch(/went back to an older state/);
  await endWhenDone(mirror, daemon);
});
