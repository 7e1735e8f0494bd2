import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, type Finished, isRoot, summaryOf, UNPRIVILEGED } from '../world/program.js';

const problems = (done: Finished) =>
  Object.fromEntries(
    eventsOf(done)
      .filter(({ event }) => event === 'failed')
      .map(({ name, problem }) => [name, problem]),
  );

function mount(path: string, ...args: readonly string[]): void {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', [...args, path]);
  onTestFinished(() => void spawnSync('umount', ['--lazy', path]));
}

test.runIf(isRoot)(
  'on a full disk, what fits is restored, what does not leaves nothing, and room makes the same command finish',
  async () => {
    const mirror = openLocalMirror();
    mirror.write('a', Buffer.alloc(300_000, 1));
    mirror.write('b', Buffer.alloc(4_000_000, 2));
    mirror.write('c', Buffer.alloc(300_000, 3));
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    const back = join(mirror.folder, 'back');
    mount(back, '-t', 'tmpfs', '-o', 'size=2m', 'none');
    const full = await mirror.longshore('restore', 'documents', '--to', 'back', '--json');
    expect(full.code).toBe(3);
    expect(problems(full)).toMatchObject({ b: 'no-space' });
    const left = readdirSync(back);
    expect(left).not.toContain('b');
    expect(left.filter((name) => name.startsWith('.'))).toEqual([]);
    execFileSync('mount', ['-o', 'remount,size=20m', back]);
    const done = await mirror.longshore('restore', 'documents', '--to', 'back', '--json');
    expect(done.code, done.stderr).toBe(0);
    expect(summaryOf(done)).toMatchObject({ unchanged: left.length, restored: 3 - left.length });
  },
);

test.runIf(isRoot)(
  'many small files on a full disk: each is whole or not there, and room makes the same command finish',
  async () => {
    const mirror = openLocalMirror();
    const names = Array.from({ length: 60 }, (_, at) => `f/${String(at).padStart(2, '0')}`);
    for (const [at, name] of names.entries()) mirror.write(name, Buffer.alloc(40_000, at + 1));
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    const back = join(mirror.folder, 'back');
    mount(back, '-t', 'tmpfs', '-o', 'size=1m', 'none');
    const restore = () => mirror.longshore('restore', 'documents', '--to', 'back', '--json');
    const full = await restore();
    expect(full.code).toBe(3);
    const reasons = Object.values(problems(full));
    expect(new Set(reasons)).toEqual(new Set(['no-space']));
    expect(full.stderr).toMatch(/the disk is full/);
    const left = readdirSync(join(back, 'f'));
    expect(left.length + reasons.length).toBe(names.length);
    for (const name of left) expect(lstatSync(join(back, 'f', name)).size).toBe(40_000);
    expect(readdirSync(back)).toEqual(['f']);
    execFileSync('mount', ['-o', 'remount,size=20m', back]);
    const done = await restore();
    expect(summaryOf(done)).toMatchObject({ failed: 0, unchanged: left.length });
    expect(done.code, done.stderr).toBe(0);
  },
);

test.runIf(isRoot)(
  'a folder that this user may not write to fails the restore at once',
  async () => {
    const mirror = openLocalMirror('', { unprivileged: true });
    mirror.write('a');
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    mkdirSync(join(mirror.folder, 'back'), { mode: 0o755 });
    chownSync(join(mirror.folder, 'back'), 0, 0);
    const done = await mirror.longshore('restore', 'documents', '--to', 'back');
    expect(done).toMatchObject({ code: 1, stdout: '' });
    expect(done.stderr).toMatch(/EACCES|EPERM/);
  },
);

test.runIf(isRoot)(
  'a folder below that may not be written to keeps only its own files from being restored',
  async () => {
    const mirror = openLocalMirror('', { unprivileged: true });
    for (const path of ['closed/a', 'open/b']) mirror.write(path);
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    const back = join(mirror.folder, 'back');
    mkdirSync(join(back, 'closed'), { recursive: true, mode: 0o755 });
    chownSync(back, UNPRIVILEGED, UNPRIVILEGED);
    chownSync(join(back, 'closed'), 0, 0);
    const done = await mirror.longshore('restore', 'documents', '--to', 'back', '--json');
    expect(done.code).toBe(3);
    expect(problems(done)).toEqual({ 'closed/a': 'permission' });
    expect(readFileSync(join(back, 'open/b'), 'utf8')).toBe('open/b');
  },
);

test('a configuration with nothing but a target is enough to list and restore a container, and not to mirror', async () => {
  const mirror = openLocalMirror();
  mirror.write('a');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const config = join(mirror.folder, 'longshore.yaml');
  writeFileSync(config, 'targets:\n  vault: { driver: local, root: ./vault }\n');
  const restored = await mirror.longshore('restore', 'vault:documents', '--to', 'back', '--json');
  expect(restored.code, restored.stderr).toBe(0);
  expect(summaryOf(restored)).toMatchObject({ restored: 1, unverified: 0 });
  expect((await mirror.longshore('find', 'vault:documents', '*')).stdout).toBe('a\n');
  expect((await mirror.longshore('object', 'ls', 'vault', 'documents')).code).toBe(0);
  const refused = await mirror.longshore('reconcile');
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain('mirrors: missing; expected a list');
});

test('a file where a folder belongs, and a folder where a file belongs, stay and are reported', async () => {
  const mirror = openLocalMirror();
  for (const path of ['a/b/c', 'd', 'e']) mirror.write(path);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const back = join(mirror.folder, 'back');
  mkdirSync(join(back, 'd'), { recursive: true });
  writeFileSync(join(back, 'a'), 'mine');
  const done = await mirror.longshore(
    ...['restore', 'documents', '--to', 'back', '--json', '--overwrite', 'always'],
  );
  expect(done.code).toBe(3);
  expect(problems(done)).toEqual({ 'a/b/c': 'blocked', d: 'blocked' });
  expect(readFileSync(join(back, 'a'), 'utf8')).toBe('mine');
  expect(readFileSync(join(back, 'e'), 'utf8')).toBe('e');
});

/** NTFS through FUSE, with case ignored as Windows does: no other such file system is in every kernel. */
const [MAKE_NTFS, MOUNT_NTFS] = ['mkfs.ntfs', 'lowntfs-3g'] as const;
const canFoldCase =
  isRoot && [MAKE_NTFS, MOUNT_NTFS].every((name) => spawnSync('which', [name]).status === 0);

test.runIf(canFoldCase)('names that a file system takes for one are not mixed up', async () => {
  const mirror = openLocalMirror();
  for (const path of ['Same', 'same', 'Folder/a', 'folder/b']) mirror.write(path);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const image = join(mirror.folder, 'image');
  execFileSync('truncate', ['-s', '32M', image]);
  execFileSync(MAKE_NTFS, ['-F', '-Q', '-q', image], { stdio: 'ignore' });
  const back = join(mirror.folder, 'back');
  mkdirSync(back);
  execFileSync(MOUNT_NTFS, ['-o', 'ignore_case', image, back]);
  onTestFinished(() => void spawnSync('umount', ['--lazy', back]));
  const restore = () => mirror.longshore('restore', 'documents', '--to', 'back', '--json');
  const first = await restore();
  expect(first.code).toBe(3);
  const [[refused, problem] = [], ...others] = Object.entries(problems(first));
  expect(others).toEqual([]);
  expect(['Same', 'same']).toContain(refused);
  expect(['name', 'exists'], 'whichever of the two finds the other one').toContain(problem);
  const kept = readFileSync(join(back, 'same'), 'utf8');
  expect(kept).toBe(refused === 'Same' ? 'same' : 'Same');
  expect((await restore()).code).toBe(3);
  expect(readFileSync(join(back, 'same'), 'utf8'), 'after a second restore').toBe(kept);
});

test.runIf(canFoldCase)(
  'names that a file system cannot hold, or reserves, are reported',
  async () => {
    const mirror = openLocalMirror();
    for (const path of ['a:b', 'folder?/c', 'CON', 'fine']) mirror.write(path);
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    const image = join(mirror.folder, 'image');
    execFileSync('truncate', ['-s', '32M', image]);
    execFileSync(MAKE_NTFS, ['-F', '-Q', '-q', image], { stdio: 'ignore' });
    const back = join(mirror.folder, 'back');
    mkdirSync(back);
    execFileSync(MOUNT_NTFS, ['-o', 'windows_names', image, back]);
    onTestFinished(() => void spawnSync('umount', ['--lazy', back]));
    const done = await mirror.longshore('restore', 'documents', '--to', 'back', '--json');
    expect(problems(done)).toEqual({ 'a:b': 'name', 'folder?/c': 'name', CON: 'name' });
    expect(done.code).toBe(3);
    expect(done.stderr).toContain('a:b: this file system cannot hold its name');
    expect(readdirSync(back)).toEqual(['fine']);
  },
);

test.runIf(isRoot)(
  'special bits and owners are restored only where they are asked for',
  async () => {
    const mirror = openLocalMirror('    metadata: [mtime, mode, owner]\n');
    const file = mirror.write('program');
    chownSync(file, 1234, 2345);
    chmodSync(file, 0o6755);
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    const restored = async (...options: string[]) => {
      const to = `back${options.join('')}`;
      const { code } = await mirror.longshore('restore', 'documents', '--to', to, ...options);
      const { mode, uid, gid } = lstatSync(join(mirror.folder, to, 'program'));
      return [code, (mode & 0o7777).toString(8), uid, gid];
    };
    expect(await restored()).toEqual([0, '755', 0, 0]);
    expect(await restored('--owner')).toEqual([0, '755', 1234, 2345]);
    expect(await restored('--owner', '--special-bits')).toEqual([0, '6755', 1234, 2345]);
  },
);

test('a sparse file takes no more room than the one that was mirrored', async () => {
  const mirror = openLocalMirror();
  const file = mirror.write('sparse', '');
  execFileSync('truncate', ['-s', '40M', file]);
  writeFileSync(file, 'end', { flag: 'a' });
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const done = await mirror.longshore('restore', 'documents', '--to', 'back');
  expect(done).toMatchObject({ code: 0, stderr: '' });
  const { size, blocks } = lstatSync(join(mirror.folder, 'back/sparse'));
  expect(size).toBe(40 * 2 ** 20 + 3);
  expect(blocks * 512).toBeLessThan(100_000);
});
