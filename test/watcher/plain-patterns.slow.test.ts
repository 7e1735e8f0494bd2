import fc from 'fast-check';
import ignore from 'ignore';
import { expect, test } from 'vitest';
import { openFilter } from '../../src/watcher/filter.js';
import { plainPatterns } from '../../src/watcher/plain-patterns.js';

const name = fc.constantFrom(
  'a',
  'b',
  'foo',
  'a.b',
  'x(1)',
  '$c+{d}',
  'ä',
  'a b',
  'A',
  '-',
  '^',
  '...',
  'a#b',
  'a!b',
);
const wildcard = fc.constantFrom(
  '*',
  '**',
  'a*',
  '?',
  '[ab]',
  '\\a',
  '*.b',
  '#c',
  ' ',
  '.',
  '..',
  '',
  'c ',
  '\\',
);
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '', '!', '#', '!!'),
    fc.constantFrom('', '', '/', '**/', '/a/**/', '/a/foo/**/', '//'),
    fc.array(fc.oneof({ arbitrary: name, weight: 6 }, { arbitrary: wildcard, weight: 1 }), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.constantFrom('', '', '/', '/**', ' ', '//'),
  )
  .map(([sign, start, names, end]) => sign + start + names.join('/') + end);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));

test('filter: patterns that are found by name decide as the package that tries each of them', () => {
  fc.assert(
    fc.property(
      fc.array(pattern, { maxLength: 12 }),
      fc.array(path, { minLength: 1, maxLength: 6 }),
      (patterns, paths) => {
        const expected = ignore({ ignoreCase: false }).add(
          patterns.map((text) => ({ pattern: text })),
        );
        const { ignoresFile, ignoresDirectory } = openFilter({
          exclude: patterns,
          include: [],
          never: [],
        });
        for (const each of paths) {
          expect(ignoresFile(each), `${each} by ${JSON.stringify(patterns)}`).toBe(
            expected.ignores(each),
          );
          expect(ignoresDirectory(each), `${each}/ by ${JSON.stringify(patterns)}`).toBe(
            expected.ignores(`${each}/`),
          );
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('filter: a pattern without wildcards is tried only where it can match', () => {
  const { candidates, others } = plainPatterns([
    'a',
    '/b',
    'c/d',
    '*.tmp',
    '!a/',
    '/top/**/n',
    'e ',
    '#f',
    'a',
  ]);
  expect(others).toEqual([3, 6, 7]);
  expect(candidates('x/a')).toEqual([0, 4, 8]);
  expect(candidates('a/x')).toEqual([0, 4, 8]);
  expect(candidates('x/b')).toEqual([]);
  expect(candidates('b/x/')).toEqual([1]);
  expect(candidates('c/d/e')).toEqual([2]);
  expect(candidates('top/n')).toEqual([5]);
  expect(candidates('top/deep/n/x')).toEqual([5]);
  expect(candidates('other/n')).toEqual([]);
});

test('filter: ten thousand plain lines cost a file no more than a few', () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, number) => [`name${number}`, `/folder${number}/file`, `!kept${number}/`][number % 3] ?? '',
  );
  const rules = openFilter({ exclude: ['*.tmp'], include: [], never: [] }).within(
    'sub',
    lines.join('\n'),
  );
  const began = performance.now();
  for (let number = 0; number < 5_000; number += 1)
    expect(rules.ignoresFile(`sub/deep/er/file${number}`)).toBe(false);
  expect(performance.now() - began).toBeLessThan(1_500); // one after the other they take ten times as long
  expect(rules.ignoresFile('sub/deep/name3')).toBe(true);
  expect(rules.ignoresFile('sub/folder1/file')).toBe(true);
});
