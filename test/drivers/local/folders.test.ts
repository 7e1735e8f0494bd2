import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ObjectInTheWayError } from '../../../src/drivers/errors.js';
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
