import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { InvalidObjectNameError, ObjectInTheWayError } from '../../../src/drivers/errors.js';
import { call, listKeys, put, rejection } from '../conformance/fixture.js';
import { CONTAINER, openBox, ref, unfinished } from './fixture.js';

it('local: names the object that stands in the way of another', async () => {
  const { backend, root } = await openBox();
  await put(backend, ref('file'), 'x');
  await put(backend, ref('folder/deep/object'), 'x');
  const below = await rejection(put(backend, ref('file/below'), 'x'));
  expect(below).toBeInstanceOf(ObjectInTheWayError);
  expect(below).toMatchObject({ objectName: 'file/below' });
  expect(below.message).toContain('the object "file" stands in the way');
  const above = await rejection(put(backend, ref('folder'), 'x'));
  expect(above).toBeInstanceOf(ObjectInTheWayError);
  expect(above.message).toContain('"folder/deep/object" stands in the way');
  expect(unfinished(root)).toEqual([]);
  await backend.deleteObject(ref('folder/deep/object'), call);
  await put(backend, ref('folder'), 'now there is room');
  expect(await listKeys(backend, CONTAINER)).toEqual(['file', 'folder']);
});

it('local: an object replaces an empty folder of its name', async () => {
  const { backend, box } = await openBox();
  mkdirSync(join(box, 'a/b/c'), { recursive: true });
  await put(backend, ref('a'), 'x');
  mkdirSync(join(box, 'd/e'), { recursive: true });
  await put(backend, ref('d'), 'x', { precondition: { ifAbsent: true } });
  expect(await listKeys(backend, CONTAINER)).toEqual(['a', 'd']);
});

it('local: a delete removes the folders that it leaves empty, and no others', async () => {
  const { backend, box } = await openBox();
  for (const key of ['a/b/c/one', 'a/b/two']) await put(backend, ref(key), 'x');
  await backend.deleteObject(ref('a/b/c/one'), call);
  expect(existsSync(join(box, 'a/b/c'))).toBe(false);
  expect(existsSync(join(box, 'a/b/two'))).toBe(true);
  await backend.deleteObject(ref('a/b/two'), call);
  expect(readdirSync(box)).toEqual([]);
});

it('local: the object of a folder is the folder itself, with its mode and its time whatever is put into it', async () => {
  const { backend, root, box } = await openBox();
  const metaData = { mtime: '1600000000.5', mode: '42511' };
  await put(backend, ref('f/'), '', { metaData });
  const state = () => {
    const { mode, mtimeMs } = statSync(join(box, 'f'));
    return [(mode & 0o7777).toString(8), mtimeMs];
  };
  expect(state(), 'our user can always write to it').toEqual(['711', 1_600_000_000_500]);
  await put(backend, ref('f/x'), 'x');
  await backend.deleteObject(ref('f/x'), call);
  expect(state()).toEqual(['711', 1_600_000_000_500]);
  const inTheWay = await rejection(put(backend, ref('f'), 'a file'));
  expect(inTheWay).toBeInstanceOf(ObjectInTheWayError);
  expect((await rejection(backend.deleteContainer(CONTAINER, call))).name).toBe(
    'ContainerIsNotEmptyError',
  );
  const below = await rejection(put(backend, ref('f/x/'), 'content'));
  expect(below).toBeInstanceOf(InvalidObjectNameError);
  await backend.deleteObject(ref('f/'), call);
  expect(readdirSync(box)).toEqual([]);
  expect(unfinished(root)).toEqual([]);
});

it('local: a folder that no object made, or that another took the place of, is no object', async () => {
  const { backend, box } = await openBox();
  mkdirSync(join(box, 'others'));
  await put(backend, ref('ours/'), '');
  expect(await listKeys(backend, CONTAINER)).toEqual(['ours/']);
  renameSync(join(box, 'ours'), join(box, 'moved'));
  mkdirSync(join(box, 'ours'));
  expect(await listKeys(backend, CONTAINER)).toEqual([]);
  expect((await rejection(backend.headObject(ref('moved/'), call))).name).toBe(
    'ObjectDoesNotExistError',
  );
});

it('local: a container is not empty while it holds anything but folders', async () => {
  const { backend, box } = await openBox();
  mkdirSync(join(box, 'empty/deep'), { recursive: true });
  symlinkSync('nowhere', join(box, 'link'));
  expect((await rejection(backend.deleteContainer(CONTAINER, call))).name).toBe(
    'ContainerIsNotEmptyError',
  );
  execFileSync('rm', [join(box, 'link')]);
  mkdirSync(join(box, 'empty/deep'), { recursive: true });
  await backend.deleteContainer(CONTAINER, call);
  expect(existsSync(box)).toBe(false);
});
