import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IGNORE_FILE, openFilter } from '../../src/watcher/filter.js';
import { temporaryFolder } from '../world/folder.js';
import { filesBelow, writeFiles } from '../world/tree.js';
import { NO_FILTER, walked } from './walked.js';

const segment = fc.constantFrom(
  'a',
  'b',
  'foo',
  'x.tmp',
  'y.log',
  'build',
  'a b',
  '[q]',
  '#c',
  '!d',
  'éé',
  'B',
  'tail ',
  'st*r',
);
const path = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'));

const pattern = fc
  .tuple(
    fc.constantFrom('', '', '', '!'),
    fc.constantFrom('', '', '/', '**/'),
    fc.array(
      fc.constantFrom(
        'a',
        'b',
        'foo',
        '*.tmp',
        '*',
        '**',
        'b*',
        'x.*',
        'build',
        '[ab]',
        '[!a]',
        '\\[q\\]',
        '\\#c',
        '\\!d',
        'a b',
        'tail\\ ',
        '?',
      ),
      { minLength: 1, maxLength: 3 },
    ),
    fc.constantFrom('', '', '/', '/**', '  ', '\r'),
  )
  .map(([negation, start, segments, end]) => negation + start + segments.join('/') + end);
const patterns = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: pattern },
    { weight: 1, arbitrary: fc.constantFrom('', '# words', '/', '!', ' ') },
  ),
  {
    maxLength: 4,
  },
);

/** Returns the files that git would not ignore, with `.gitignore` in place of our ignore files. */
function openGit() {
  const repository = temporaryFolder();
  execFileSync('git', ['init', '--quiet', '--bare', repository]);
  return (root: string, folders: readonly string[], exclude: readonly string[]): string[] => {
    for (const folder of folders)
      renameSync(join(root, folder, IGNORE_FILE), join(root, folder, '.gitignore'));
    writeFileSync(join(repository, 'info', 'exclude'), exclude.join('\n'));
    const args = [
      '-c',
      'core.bare=false',
      '-c',
      'core.ignoreCase=false',
      `--git-dir=${repository}`,
      `--work-tree=${root}`,
    ];
    const listed = execFileSync(
      'git',
      [...args, 'ls-files', '-z', '--others', '--exclude-standard'],
      { encoding: 'utf8' },
    );
    return listed
      .split('\0')
      .filter(Boolean)
      .map((path) => path.replace(/\.gitignore$/, IGNORE_FILE));
  };
}

describe('ignore files and exclude', () => {
  it('ignore file: excludes exactly what git excludes', () => {
    const keptByGit = openGit();
    fc.assert(
      fc.property(
        fc.uniqueArray(path, { maxLength: 12 }),
        fc.uniqueArray(fc.tuple(fc.oneof(fc.constant(''), path), patterns), {
          maxLength: 3,
          selector: ([folder]) => folder,
        }),
        patterns,
        (files, ignoreFiles, exclude) => {
          const root = temporaryFolder();
          try {
            const folders: string[] = [];
            for (const [folder, lines] of ignoreFiles) {
              writeFiles(root, { [join(folder, IGNORE_FILE)]: lines.join('\n') });
              folders.push(folder);
            }
            for (const file of files) {
              try {
                writeFiles(root, [file]);
              } catch {} // a file where another path needs a folder: either may win
            }
            const ours = walked(root, { filter: { ...NO_FILTER, exclude } });
            expect(ours.problems.filter(({ reason }) => reason !== 'pattern-malformed')).toEqual(
              [],
            );
            const theirs = keptByGit(root, folders, exclude);
            expect(new Set(ours.paths)).toEqual(new Set(theirs));
          } finally {
            rmSync(root, { recursive: true, force: true });
          }
        },
      ),
      { numRuns: Number(process.env['FILTER_RUNS'] ?? 100) },
    );
  });

  it('ignore file: applies from its folder down, and deeper ones override it', () => {
    const root = temporaryFolder();
    writeFiles(root, [
      'top.tmp',
      'a/x.tmp',
      'a/b/x.tmp',
      'a/b/keep.tmp',
      'a/b/c/keep.tmp',
      'other/y.log',
    ]);
    writeFiles(root, {
      [`a/b/${IGNORE_FILE}`]: '!keep.tmp\n',
      [`other/${IGNORE_FILE}`]: '/y.log\n',
    });
    const { paths } = walked(root, { filter: { ...NO_FILTER, exclude: ['*.tmp'] } });
    expect(paths).toEqual([
      `a/b/${IGNORE_FILE}`,
      'a/b/c/keep.tmp',
      'a/b/keep.tmp',
      `other/${IGNORE_FILE}`,
    ]);
  });

  it('ignore file: cannot include a file below an excluded folder', () => {
    const root = temporaryFolder();
    writeFiles(root, ['cache/keep.txt', 'kept.txt']);
    writeFiles(root, { [IGNORE_FILE]: 'cache/\n!cache/keep.txt\n' });
    expect(walked(root).paths).toEqual([IGNORE_FILE, 'kept.txt']);
  });

  it('ignore file: distinguishes upper from lower case', () => {
    const filter = openFilter({ ...NO_FILTER, exclude: ['readme'] });
    expect(filter.ignoresFile('readme')).toBe(true);
    expect(filter.ignoresFile('README')).toBe(false);
  });

  it('ignore file: decides after many thousand paths as before', () => {
    const filter = openFilter({ ...NO_FILTER, exclude: ['*.tmp'] });
    for (let n = 0; n < 10_000; n++) {
      expect(filter.ignoresFile(`d/${n}.tmp`)).toBe(true);
      expect(filter.ignoresFile(`d/${n}.txt`)).toBe(false);
    }
  });

  it('ignore file: applies to its own folder only, however odd the name', () => {
    const root = temporaryFolder();
    const odd = [
      'a[b]',
      'a*',
      'what?',
      'back\\slash',
      'new\nline',
      ' lead',
      'trail ',
      '#hash',
      '!bang',
      '{x,y}',
      '^',
      '\ue000',
    ];
    for (const folder of odd)
      writeFiles(root, {
        [`${folder}/${IGNORE_FILE}`]: '*.tmp\n/only\n',
        [`${folder}/x.tmp`]: '',
        [`${folder}/only`]: '',
        [`${folder}/d/only`]: '',
      });
    writeFiles(root, ['ab/x.tmp', 'a/x.tmp', 'aa/only', 'whatt/x.tmp', 'x/x.tmp']);
    const left = [
      ...odd.flatMap((folder) => [`${folder}/${IGNORE_FILE}`, `${folder}/d/only`]),
      'ab/x.tmp',
      'a/x.tmp',
      'aa/only',
      'whatt/x.tmp',
      'x/x.tmp',
    ];
    expect(new Set(walked(root).paths)).toEqual(new Set(left));
  });
});

describe('include', () => {
  it('include: selects files in any folder, and whole folders', () => {
    const root = temporaryFolder();
    writeFiles(root, ['a.txt', 'b.md', 'deep/er/c.md', 'docs/any', 'docs/x/any.tmp']);
    const { paths } = walked(root, {
      filter: { ...NO_FILTER, include: ['*.md', '/docs/'], exclude: ['*.tmp'] },
    });
    expect(paths).toEqual(['b.md', 'deep/er/c.md', 'docs/any']);
  });
});

describe('never mirrored', () => {
  it('never mirrored: cannot be included by patterns', () => {
    const root = temporaryFolder();
    writeFiles(root, ['.longshore/lock', 'x/target/object', 'x/other']);
    writeFiles(root, { [IGNORE_FILE]: '!.longshore/\n!*\n' });
    const filter = { exclude: [], include: [], never: ['.longshore', 'x/target'] };
    expect(walked(root, { filter }).paths).toEqual([IGNORE_FILE, 'x/other']);
  });

  it('never mirrored: cannot be reached through links', () => {
    const root = temporaryFolder();
    writeFiles(root, ['inner/.longshore/lock', 'inner/.longshore/mirrors/index', 'inner/file']);
    symlinkSync('inner', join(root, 'to-parent'));
    symlinkSync('inner/.longshore', join(root, 'to-itself'));
    symlinkSync('inner/.longshore/mirrors', join(root, 'to-part'));
    const filter = { exclude: [], include: [], never: ['inner/.longshore'] };
    const { paths, problems } = walked(root, { filter, symlinks: 'follow' });
    expect(paths).toEqual(['inner/file', 'to-parent/file']);
    expect(problems.map(({ path, reason }) => [path, reason])).toEqual([
      ['to-itself', 'link-outside'],
      ['to-part', 'link-outside'],
    ]);
  });
});

describe('unreadable ignore file', () => {
  it('unreadable ignore file: is reported, and its folder is neither mirrored nor deleted from', () => {
    const root = temporaryFolder();
    writeFiles(root, ['a/x', 'b/x', 'c/x', 'd/x']);
    mkdirSync(join(root, 'a', IGNORE_FILE));
    execFileSync('mkfifo', [join(root, 'b', IGNORE_FILE)]);
    symlinkSync('/nowhere/at/all', join(root, 'd', IGNORE_FILE));
    const { paths, problems } = walked(root);
    expect(paths).toEqual(['c/x']);
    expect(problems.map(({ path, reason, hides }) => [path, reason, hides])).toEqual([
      ['a', 'unreadable', 'path-and-below'],
      ['b', 'unreadable', 'path-and-below'],
      ['d', 'unreadable', 'path-and-below'],
    ]);
    expect(filesBelow(root)).toContain('a/x');
  });
});
