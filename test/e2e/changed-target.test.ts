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
    const place = openLocalMirror();
    const vault = join(place.folder, 'vault');
    for (const name of ['a', 'b']) place.write(name);
    expect((await place.longshore('reconcile')).code).toBe(0);
    renameSync(vault, `${vault}.mounted elsewhere`);
    leave(vault);
    const refused = await place.longshore('reconcile');
    expect(refused.code, refused.stderr).toBe(6);
    expect(refused.stdout + refused.stderr).toContain('longshore accept-target documents');
    expect(existsSync(place.container)).toBe(false);

    const daemon = place.daemon();
    await eventually(() =>
      expect(daemon.stderr()).toMatch(/error state changed .*state=target-changed/),
    );
    expect(existsSync(place.container)).toBe(false);
    daemon.kill('SIGTERM');
    await daemon.finished;

    expect((await place.longshore('accept-target', 'documents')).code).toBe(0);
    expect((await place.longshore('reconcile')).code).toBe(0);
    expect(place.objects()).toEqual(['a', 'b']);
    rmSync(vault, { recursive: true });
    leave(vault);
    expect((await place.longshore('reconcile')).code).toBe(6); // accepted once is not accepted for good
    rmSync(vault, { recursive: true, force: true });
    renameSync(`${vault}.mounted elsewhere`, vault);
    expect((await place.longshore('reconcile')).code).toBe(0);
    expect(place.objects()).toEqual(['a', 'b']);
  },
);

test('P1: a target that went back to an older state is reported, and a scan compares with it at once', async () => {
  const place = openLocalMirror();
  const vault = join(place.folder, 'vault');
  place.write('a');
  expect((await place.longshore('reconcile')).code).toBe(0);
  cpSync(vault, `${vault}.snapshot`, { recursive: true, preserveTimestamps: true });
  place.write('b');
  expect((await place.longshore('scan')).code).toBe(0);
  rmSync(vault, { recursive: true });
  renameSync(`${vault}.snapshot`, vault);
  expect(place.objects()).toEqual(['a']);
  const run = await place.longshore('scan');
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).toMatch(/warn target went back to an older state/);
  expect(place.objects()).toEqual(['a', 'b']);
  expect((await place.longshore('scan')).stderr).not.toMatch(/went back/);
});

test('P1: a target that goes back to an older state under a running daemon is reported and compared with at once', async () => {
  const place = openLocalMirror('    lease: 4s\n');
  const snapshot = `${place.container}.snapshot`;
  const renewalIn = (container: string) =>
    (JSON.parse(readFileSync(join(container, '.longshore/lease'), 'utf8')) as { renewal: number })
      .renewal;
  place.write('a');
  const daemon = place.daemon();
  await eventually(() => expect(place.objects()).toEqual(['a']));
  cpSync(place.container, snapshot, { recursive: true, preserveTimestamps: true });
  place.write('b');
  await eventually(() => {
    expect(place.objects()).toEqual(['a', 'b']);
    expect(renewalIn(place.container)).toBeGreaterThan(renewalIn(snapshot));
  });
  rmSync(place.container, { recursive: true });
  renameSync(snapshot, place.container);
  place.write('c');
  await eventually(() => expect(place.objects()).toEqual(['a', 'b', 'c']));
  expect(daemon.stderr()).toMatch(/went back to an older state/);
  daemon.kill('SIGTERM');
  expect((await daemon.finished).code).toBe(0);
});
