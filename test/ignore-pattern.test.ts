import { describe, expect, test } from 'vitest';
import { patternProblem } from '../src/ignore-pattern.js';
import { openFilter } from '../src/watcher/filter.js';

/** Each with a path that it leaves out. */
const SOUND: readonly (readonly [pattern: string, path: string])[] = [
  ['*.tmp', 'a/b.tmp'],
  ['node_modules/', 'a/node_modules'],
  ['/build', 'build'],
  ['a/b', 'a/b'],
  ['**/x', 'a/b/x'],
  ['/*', 'anything'],
  ['[ab]', 'b'],
  ['[!a]', 'b'],
  ['[^a-c]', 'd'],
  ['[]]', ']'],
  ['[!]]', 'x'],
  ['[]-]', '-'],
  ['[a-]', '-'],
  ['[[]', '['],
  ['[[:digit:][:upper:]_]', 'X'],
  ['[\\]]', ']'],
  ['[a\\-z]', '-'],
  ['\\[x', '[x'],
  ['x]', 'x]'],
  ['\\#x', '#x'],
  ['\\!x', '!x'],
  ['x\\ ', 'x '],
  ['...', '...'],
  ['..a', '..a'],
  ['a b', 'a b'],
  ['ä*', 'äö'],
];

const MALFORMED: readonly (readonly [pattern: string, problem: RegExp])[] = [
  ['', /empty/],
  ['  ', /empty/],
  ['a\nb', /line break/],
  ['a\0', /NUL/],
  ['#notes', /comment.*"\\#"/],
  ['!', /matches nothing/],
  ['/', /matches nothing/],
  ['!//', /matches nothing/],
  ['build\\', /backslash/],
  ['x\\\\\\', /backslash/],
  ['a//b', /"\/\/"/],
  ['./a', /"\."/],
  ['../a', /"\.\."/],
  ['a/../b', /"\.\."/],
  ['*.[ch', /"\[" at character 3 is never closed/],
  ['[', /never closed/],
  ['[]', /never closed/],
  ['[!]', /never closed/],
  ['[a\\]', /never closed/],
  ['[a-', /never closed/],
  ['!x[', /never closed/],
  ['[[:letters:]]', /"\[:letters:\]" is no class/],
  ['[z-a]', /write "a-z"/],
];

describe('patterns of ignore files and of `exclude`', () => {
  test.each(SOUND)('%j is sound, and leaves out %j', (pattern, path) => {
    expect(patternProblem(pattern)).toBeUndefined();
    const rules = openFilter({ exclude: [pattern], include: [], never: [] });
    expect(rules.ignoresFile(path) || rules.ignoresDirectory(path)).toBe(true);
  });

  test.each(MALFORMED)('%j is malformed', (pattern, problem) => {
    expect(patternProblem(pattern)).toMatch(problem);
  });
});
