import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PRIVATE_FOLDER } from '../../../src/drivers/local/names.js';
import { listKeys, put } from '../conformance/fixture.js';
import { CONTAINER, openBox, openLocal, ref } from './fixture.js';

const lines = (keys: readonly string[]): string =>
  keys.map((key) => `${JSON.stringify([CONTAINER, key])}\n`).join('');

it('local: folders that a kill left empty go at the next listing; what is not empty, or not below the container, stays', async () => {
  const { backend, root, box } = await openBox();
  await put(backend, ref('kept/deep/one'), 'x');
  await backend.close();
  const outside = join(root, 'outside', 'empty');
  for (const folder of [
    outside,
    join(box, 'a/b/c'),
    join(box, 'd'),
    join(box, "another program's"),
  ])
    mkdirSync(folder, { recursive: true });
  symlinkSync(join(root, 'outside'), join(box, 'link'));
  const noted = [
    'a/b/c/gone',
    'd/removed/gone',
    'kept/deep/gone',
    'link/empty/gone',
    '../outside/empty/gone',
    'kept/never/made',
  ];
  const file = join(root, PRIVATE_FOLDER, 'may-be-empty');
  writeFileSync(file, `${lines(noted)}["${CONTAINER}","cut sh`);

  expect(await listKeys(openLocal({ root }), CONTAINER)).toEqual(['kept/deep/one']);
  expect(readdirSync(box).sort()).toEqual(["another program's", 'kept', 'link']);
  expect(existsSync(outside)).toBe(true);
  expect(existsSync(file)).toBe(false);
});

it('local: a put that is refused leaves none of the folders that were made for it', async () => {
  const { backend, root, box } = await openBox();
  await put(backend, ref('full/inside'), 'x');
  mkdirSync(join(box, 'new'));
  await Promise.allSettled([
    put(backend, ref('full'), 'x'),
    put(backend, ref('new/folder/one'), 'x', { precondition: { ifMatch: 'none' } }),
    backend.deleteObject(ref('full/missing/two'), { signal: new AbortController().signal }),
  ]);
  await put(backend, ref('made/here'), 'x');
  expect(readdirSync(box).sort()).toEqual(['full', 'made', 'new']);
  expect(existsSync(join(root, PRIVATE_FOLDER, 'may-be-empty'))).toBe(false);
});
