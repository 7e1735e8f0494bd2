import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openMirrorFixture } from '../world/mirror-in-process.js';
import { asFiles, contentsSeen } from './renames-fixture.js';

describe('where a store cannot hold both a and a/b', () => {
  test('a file that became a folder, and a folder that became a file, take each other’s place', async () => {
    const { run, write, remove, objects } = await openMirrorFixture({ wrap: asFiles });
    write('a', 'file');
    for (let at = 0; at < 30; at += 1) write(`b/f${at}`, 'in a folder');
    write('kept');
    await run('reconcile');
    remove('a');
    write('a/b/c', 'in a folder');
    remove('b');
    write('b', 'file');
    expect((await run('scan')).report).toMatchObject({ uploaded: 2, deleted: 31, failed: 0 });
    expect(await objects()).toEqual({ 'p/a/b/c': 'in a folder', 'p/b': 'file', 'p/kept': 'kept' });
  });

  test('P1: a file that moves into a folder of its own name is in the container all the time', async () => {
    const seen: Set<string>[] = [];
    const { run, write, objects, mirror } = await openMirrorFixture({
      wrap: (backend) => asFiles(contentsSeen(seen)(backend)),
    });
    const file = write('a', 'content');
    write('kept');
    await run('reconcile');
    const before = seen.at(-1) ?? new Set();
    expect(before.size).toBe(2);
    seen.length = 0;
    renameSync(file, `${file}.aside`);
    mkdirSync(file);
    renameSync(`${file}.aside`, join(file, 'b'));
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, deleted: 1, failed: 0 });
    expect(await objects()).toEqual({ 'p/a/b': 'content', 'p/kept': 'kept' });
    for (const contents of seen) for (const md5 of before) expect(contents).toContain(md5);
    expect(mirror.parts.index.get('a')).toBeUndefined();
    expect(mirror.parts.ledger.read().setAside).toBeUndefined();
  });

  test('P1: a file that takes the name of its folder is in the container all the time', async () => {
    const seen: Set<string>[] = [];
    const { run, write, remove, objects, mirror } = await openMirrorFixture({
      wrap: (backend) => asFiles(contentsSeen(seen)(backend)),
    });
    const file = write('a/2', 'content');
    for (const name of ['a/1', 'a/3', 'kept']) write(name, 'gone or kept');
    await run('reconcile');
    const before = seen.at(-1) ?? new Set();
    seen.length = 0;
    const folder = join(mirror.settings.source, 'a');
    renameSync(file, `${folder}.aside`);
    remove('a');
    renameSync(`${folder}.aside`, folder);
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, deleted: 3, failed: 0 });
    expect(await objects()).toEqual({ 'p/a': 'content', 'p/kept': 'gone or kept' });
    for (const contents of seen) for (const md5 of before) expect(contents).toContain(md5);
    expect(mirror.parts.ledger.read().setAside).toBeUndefined();
  });

  test('the object in the way is removed only when the guard lets it', async () => {
    const { run, write, remove, objects, mirror } = await openMirrorFixture({
      wrap: asFiles,
      mirror: { guard: { count: 1, share: 0, atLeast: 0, windowMs: 3_600_000 } },
    });
    for (const name of ['a/1', 'a/2', 'a/3', 'kept']) write(name);
    await run('reconcile');
    // Made before the folder goes, so that it does not get the inode of a file in it.
    const file = write('aside', 'file');
    remove('a');
    renameSync(file, join(mirror.settings.source, 'a'));
    expect((await run('scan')).report).toMatchObject({ uploaded: 0, deleted: 0 });
    expect(Object.keys(await objects())).toEqual(['p/a/1', 'p/a/2', 'p/a/3', 'p/kept']);
    const { guard } = mirror.parts;
    await guard.approve((await guard.describe()).id);
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, deleted: 3 });
    expect(await objects()).toEqual({ 'p/a': 'file', 'p/kept': 'kept' });
  });
});
