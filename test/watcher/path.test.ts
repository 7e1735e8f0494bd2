import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  foldersAbove,
  isBelow,
  isRelativePath,
  joinPath,
  parentOf,
} from '../../src/watcher/path.js';

it.each(['', 'a', 'a/b', '.hidden', '..a', 'a/..b', '-', ' ', 'a\nb', 'a\\b', '😀', 'e\u0301'])(
  'path: %j is valid',
  (text) => {
    expect(isRelativePath(text)).toBe(true);
  },
);

it.each(['/', '/a', 'a/', 'a//b', '.', '..', './a', 'a/.', 'a/../b', 'a\0', '\ud800', 'a/\udc00'])(
  'path: %j is not valid',
  (text) => {
    expect(isRelativePath(text)).toBe(false);
  },
);

it('path: lists the folders above it', () => {
  expect([...foldersAbove('')]).toEqual([]);
  expect([...foldersAbove('a')]).toEqual(['']);
  expect([...foldersAbove('a/b/c')]).toEqual(['', 'a', 'a/b']);
});

it('path: is split and joined again', () => {
  const segment = fc
    .string({ unit: 'binary', minLength: 1 })
    .filter((text) => isRelativePath(text) && !text.includes('/'));
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
      const path = segments.join('/');
      const folder = parentOf(path) ?? '';
      expect(joinPath(folder, segments.at(-1) ?? '')).toBe(path);
      expect(isBelow(path, folder)).toBe(true);
      expect(isBelow(folder, path)).toBe(false);
      expect(isBelow(path, path)).toBe(false);
      expect(isBelow(`${path}-`, path)).toBe(false);
    }),
  );
});
