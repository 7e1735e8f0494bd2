import { describe, expect, test } from 'vitest';
import { readArguments } from '../../bench/arguments.js';
import type { Row } from '../../bench/row.js';

const row = (name: string, large = false): Row => ({
  name,
  title: '',
  targets: [],
  ...(large ? { large: true } : {}),
  run: () => Promise.reject(new Error('not run')),
});
const ROWS = [row('mirror'), row('scan'), row('scan-1m', true)];
const names = (...args: readonly string[]) =>
  readArguments(args, ROWS).rows.map(({ name }) => name);

describe('the arguments of the bench', () => {
  test('all: every row but those of 1,000,000 files', () => {
    expect(names('all')).toEqual(['mirror', 'scan']);
  });

  test('all --large: every row', () => {
    expect(names('all', '--large')).toEqual(['mirror', 'scan', 'scan-1m']);
  });

  test('a name: that row, and with --large that of 1,000,000 files as well', () => {
    expect(names('scan')).toEqual(['scan']);
    expect(names('scan', '--large')).toEqual(['scan', 'scan-1m']);
    expect(names('scan-1m')).toEqual(['scan-1m']);
  });

  test('options have their values', () => {
    expect(
      readArguments(['mirror', '--rounds', '7', '--json', 'a', '--compare', 'b'], ROWS),
    ).toMatchObject({ rounds: 7, json: 'a', compare: 'b', against: undefined });
  });

  test.each([
    [['nothing'], 'nothing: no such row; list prints all'],
    [[], 'no row is named'],
    [['mirror', '--rounds', '0'], '--rounds 0: a number from 1 to 999'],
    [['mirror', '--rounds', '2x'], '--rounds 2x: a number from 1 to 999'],
  ])('%j: refused with a reason', (args, message) => {
    expect(() => readArguments(args, ROWS)).toThrow(message);
  });

  test('an option that does not exist is refused', () => {
    expect(() => readArguments(['mirror', '--quick'], ROWS)).toThrow(/--quick/);
  });
});
