import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forShell, printable, quoted } from '../src/printable.js';

const CONTROL = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

test('a quoted text holds printable characters only and can be read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(quoted(text)).not.toMatch(CONTROL);
      expect(JSON.parse(quoted(text))).toBe(text);
    }),
  );
});

test('two different names are never printed alike', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
      expect(printable(one) === printable(other)).toBe(one === other);
    }),
  );
  expect(printable('a\nb')).not.toBe(printable('"a\\nb"'));
});

test('an ordinary name is printed unchanged', () => {
  for (const name of ['a.txt', 'Übung 3/日本.md', 'it’s', '👩‍👩‍👧.png'])
    expect(printable(name)).toBe(name);
});

test('escape sequences and marks that reorder text are shown, not obeyed', () => {
  expect(printable('\u001b]0;owned\u0007')).toBe('"\\u001b]0;owned\\u0007"');
  expect(printable('\u009b31mred')).toBe('"\\u009b31mred"');
  expect(printable('gpj.\u202eexe')).toBe('"gpj.\\u202eexe"');
});

test('a word for a shell is one word, and nothing in it is carried out', () => {
  const words = [
    'plain-1.txt',
    '',
    '~root',
    "it's",
    'a b',
    '$(touch x)',
    '`id`',
    '"',
    '\\',
    '*',
    '-n',
    '#h',
    'a;b',
  ];
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${words.map(forShell).join(' ')}`]);
  expect(stdout.toString('utf8').split('\0').slice(0, -1)).toEqual(words);
  expect(forShell('plain-1.txt')).toBe('plain-1.txt');
});
