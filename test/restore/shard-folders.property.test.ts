import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldersAbove, foldersCutBy } from '../../src/restore/shard-folders.js';
import { compareNames } from '../../src/utf8-order.js';

/** Parts of paths that stand before, at and behind `/` in the order of bytes. */
const path = fc
  .array(fc.constantFrom('a', 'b', '-', ' ', '.', '0', '/', 'é', '😀', 'aa'), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => parts.join(''))
  .filter((text) => !text.startsWith('/') && !text.endsWith('/') && !text.includes('//'));

/** A cut that mostly lies between the object of the folder and its file. */
const cases = fc
  .record({ folder: path, file: path, other: path, isMarker: fc.boolean() })
  .chain((made) => {
    const near = ['', '/', `/${made.other}`, `-${made.other}`, ` ${made.other}`, `.${made.other}`];
    return fc.constantFrom(...near).map((end) => ({ ...made, cut: made.folder + end }));
  });

test('a cut goes through each folder whose object lies before it, and one of whose files lies behind', () => {
  fc.assert(
    fc.property(cases, ({ cut, folder, file, isMarker }) => {
      const object = isMarker ? folder : `${folder}/`;
      const inside = `${folder}/${file}`;
      fc.pre(compareNames(object, cut) <= 0 && compareNames(inside, cut) > 0);
      const found = foldersCutBy(cut).flatMap(({ objects }) => objects);
      expect(found).toContain(object);
    }),
    { numRuns: 1_000 },
  );
});

test('a cut behind the object of a folder goes through that folder', () => {
  const found = foldersCutBy('a/b/').flatMap(({ objects }) => objects);
  expect(found).toEqual(['a/', 'a', 'a/b/', 'a/b']);
  expect(foldersCutBy('')).toEqual([]);
});

test('the folders above a name are given with each name that their objects may have', () => {
  expect(foldersAbove('a/b/c')).toEqual([
    { path: 'a', objects: ['a/', 'a'] },
    { path: 'a/b', objects: ['a/b/', 'a/b'] },
  ]);
  expect(foldersAbove('a')).toEqual([]);
});
