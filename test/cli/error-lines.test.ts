import { expect, it } from 'vitest';
import { errorLines } from '../../src/cli/error-lines.js';
import { UsageError } from '../../src/cli/exit.js';
import { counted } from '../../src/status/units.js';

it('error lines: name each cause once, after the error that it caused', () => {
  const error = new Error('a', { cause: new Error('b', { cause: new Error('c') }) });
  expect(errorLines(error, false)).toBe('longshore: a\n  because of: b\n  because of: c\n');
  expect(errorLines(error, true)).toBe('<3>longshore: a\n<3>  because of: b\n<3>  because of: c\n');
});

it('error lines: a line break in a name begins no line, one in a list of complaints does', () => {
  expect(errorLines(new Error('"a\nlongshore: forged" is gone'), false)).toBe(
    'longshore: "a\\u000alongshore: forged" is gone\n',
  );
  expect(errorLines(new UsageError('one\ntwo'), false)).toBe('longshore: one\n  two\n');
});

it('error lines: a count of one has a singular noun', () => {
  expect([counted(1, 'object'), counted(0, 'object'), counted(2000, 'copy', 'copies')]).toEqual([
    '1 object',
    '0 objects',
    '2,000 copies',
  ]);
});
