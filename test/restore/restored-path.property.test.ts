import { join, relative } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { restoredPath } from '../../src/restore/restored-path.js';

const hostile = fc.array(
  fc.constantFrom(
    '/',
    '..',
    '.',
    '\0',
    '\\',
    'a',
    '',
    ' ',
    'é',
    '\ud800',
    '.rclonelink',
    'x'.repeat(256),
  ),
  { maxLength: 8 },
);

test('whatever its name, an object has a path strictly below the folder, or none', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        hostile.map((parts) => parts.join('')),
        fc.string({ unit: 'binary' }),
      ),
      fc.boolean(),
      (name, links) => {
        const path = restoredPath(name, links);
        if ('refused' in path) return;
        const below = relative('/to', join('/to', ...path.segments));
        expect(below.split('/')).toEqual(path.segments);
        expect(below).not.toMatch(/^\.\.(\/|$)|^$/);
        for (const segment of path.segments) {
          expect(segment).not.toMatch(/\0|\//);
          expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(255);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('two names have one path only where one is a folder, or a link', () => {
  fc.assert(
    fc.property(hostile, hostile, (a, b) => {
      const [first, second] = [a.join(''), b.join('')];
      const [one, other] = [restoredPath(first, true), restoredPath(second, true)];
      if (first === second || 'refused' in one || 'refused' in other) return;
      if (one.kind === other.kind) expect(one.segments).not.toEqual(other.segments);
    }),
  );
});

test.each([
  ['a/b', 'file', ['a', 'b']],
  ['a\\..\\b', 'file', ['a\\..\\b']],
  ['folder/', 'folder', ['folder']],
  ['a/link.rclonelink', 'symlink', ['a', 'link']],
  ['x.rclonelink/', 'folder', ['x.rclonelink']],
])('%j becomes a %s', (name, kind, segments) => {
  expect(restoredPath(name, true)).toEqual({ kind, segments });
});

test.each([
  '',
  '/',
  '/etc/passwd',
  '..',
  'a/../../b',
  'a//b',
  './a',
  'a/./b',
  'a\0b',
  'a//',
  '.rclonelink',
  'a/.rclonelink',
  '.longshore-restore-x/a',
])('no path has the name %j', (name) => {
  expect(restoredPath(name, true)).toHaveProperty('refused');
});
