import { mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf } from '../world/program.js';
import { filesBelow } from '../world/tree.js';

test('ls shows a folder of a mirror, its sizes and times, and all below it as a tree', async () => {
  const mirror = openLocalMirror('    symlinks: preserve\n');
  for (const path of ['a', 'b/c', 'b/d/e', 'b/d/f', 'b-c', 'line\nbreak']) mirror.write(path);
  symlinkSync('a', join(mirror.source, 'link'));
  utimesSync(join(mirror.source, 'a'), 1_600_000_000, 1_600_000_000);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const ls = async (...args: string[]) => {
    const { code, stdout, stderr } = await mirror.longshore('ls', 'documents', ...args);
    expect(stderr).toBe('');
    return [code, ...stdout.split('\n').slice(0, -1)];
  };
  expect(await ls()).toEqual([0, 'a', 'b-c', 'b/', '"line\\nbreak"', 'link']);
  expect(await ls('b')).toEqual([0, 'b/c', 'b/d/']);
  expect(await ls('b/c')).toEqual([0, 'b/c']);
  expect(await ls('b', '--tree')).toEqual([0, 'c', 'd/', '  e', '  f']);
  expect((await ls('--long'))[1]).toBe('             1  2020-09-13T12:26:40.000Z  a');
  const json = eventsOf(await mirror.longshore('ls', 'documents', '--json'));
  expect(json).toContainEqual(
    expect.objectContaining({ path: 'link', kind: 'symlink', name: 'link.rclonelink' }),
  );
  expect(json).toContainEqual({ path: 'b/', kind: 'folder' });
  const nothing = await mirror.longshore('ls', 'documents', 'nothing');
  expect(nothing).toMatchObject({ code: 1, stdout: '' });
  expect(nothing.stderr).toContain('nothing of documents is at "nothing"');
});

test('find lists what restore would restore for the same patterns', async () => {
  const mirror = openLocalMirror();
  for (const path of ['a.jpg', 'b/c.jpg', 'b/d.txt', 'e/b/x']) mirror.write(path);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const find = async (...args: string[]) => {
    const { code, stdout } = await mirror.longshore('find', 'documents', ...args);
    return [code, ...stdout.split('\n').slice(0, -1)];
  };
  expect(await find('*.jpg')).toEqual([0, 'a.jpg', 'b/c.jpg']);
  expect(await find('b')).toEqual([0, 'b/c.jpg', 'b/d.txt']);
  expect(await find('**/b')).toEqual([0, 'b/c.jpg', 'b/d.txt', 'e/b/x']);
  expect(await find('*.png', 'a*')).toEqual([1, 'a.jpg']);
});

test('ls, find and restore show the state of a time by the trash', async () => {
  const mirror = openLocalMirror('    deletes: trash\n');
  const writeAt = (path: string, content: string, seconds: number) => {
    utimesSync(mirror.write(path, content), seconds, seconds);
  };
  writeAt('kept', 'kept', 1_600_000_000);
  writeAt('changed', 'first', 1_600_000_000);
  writeAt('deleted/file', 'gone', 1_600_000_000);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const before = new Date().toISOString();
  while (new Date().toISOString() === before); // times of the trash are to the millisecond
  const later = Date.parse(before) / 1000 + 60; // the clock of file times is coarser
  writeAt('changed', 'second', later);
  writeAt('new', 'new', later);
  rmSync(join(mirror.source, 'deleted'), { recursive: true });
  mkdirSync(join(mirror.source, 'deleted'));
  expect((await mirror.longshore('reconcile')).code).toBe(0);

  const find = async (...args: string[]) =>
    (await mirror.longshore('find', 'documents', '**', ...args)).stdout.split('\n').slice(0, -1);
  expect(await find()).toEqual(['changed', 'kept', 'new']);
  expect(await find('--at', before)).toEqual(['changed', 'deleted/file', 'kept']);

  const restored = await mirror.longshore(
    ...['restore', 'documents', '--at', before, '--to', 'back'],
  );
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  const back = join(mirror.folder, 'back');
  const contents = filesBelow(back).map((path) => [path, readFileSync(join(back, path), 'utf8')]);
  expect(contents).toEqual([
    ['changed', 'first'],
    ['deleted/file', 'gone'],
    ['kept', 'kept'],
  ]);
  const wrong = await mirror.longshore('ls', 'documents', '--at', 'yesterday');
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
});
