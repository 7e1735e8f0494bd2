import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isRelativePath } from '../../src/watcher/path.js';
import { openSource, SourceMissingError } from '../../src/watcher/source.js';
import { openWalkContext } from '../../src/watcher/stat-entry.js';
import { walk } from '../../src/watcher/walk.js';
import { temporaryFolder } from '../world/folder.js';
import { canDropRights, canMount } from '../world/rights.js';
import { filesBelow, writeFiles } from '../world/tree.js';
import { settings, walked, walkedWithoutRights } from './walked.js';

const ODD_NAMES = [
  'new\nline',
  '-dash',
  'trailing ',
  ' leading',
  'trailing.',
  '100%',
  '%2F',
  'a+b',
  '#hash',
  '"double"',
  "'single'",
  '`back`',
  'back\\slash',
  '$HOME',
  '*',
  '?',
  ':',
  '|',
  '😀',
  '\u{10ffff}',
  '\uffff',
  '\ufffd',
  '\ue000',
  'caf\u00e9',
  'cafe\u0301',
  '..a',
  '...',
  '.hidden',
  '\x01\x7f',
  '\ttab',
  '\u202ertl',
  'x'.repeat(255),
  'é'.repeat(127),
];

describe('order', () => {
  it('walk: is in the order of the object names as UTF-8 bytes, whatever the tree', () => {
    const segment = fc.oneof(
      fc.constantFrom(
        'a',
        'a-',
        'a.',
        'a.b',
        'a!',
        'a0',
        'ab',
        'b',
        '😀',
        '\uffff',
        '\ue000',
        'é',
        'e\u0301',
      ),
      fc
        .string({ unit: 'binary', minLength: 1, maxLength: 3 })
        .filter((text) => isRelativePath(text) && !text.includes('/')),
    );
    const path = fc
      .array(segment, { minLength: 1, maxLength: 5 })
      .map((segments) => segments.join('/'));
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 30 }), (paths) => {
        const root = temporaryFolder();
        try {
          for (const file of paths) {
            try {
              writeFiles(root, [file]);
            } catch {} // a file where another path needs a folder: either may win
          }
          expect(walked(root)).toEqual({ paths: filesBelow(root), problems: [] });
        } finally {
          rmSync(root, { recursive: true, force: true });
        }
      }),
      { numRuns: 100 },
    );
  });

  it('walk: has a folder where its name and a slash sort', () => {
    const root = temporaryFolder();
    writeFiles(
      root,
      ['a!', 'a-b', 'a.txt', 'a/x', 'a0', 'a-/y', 'a--/z', 'a'].filter((path) => path !== 'a'),
    );
    expect(walked(root).paths).toEqual(['a!', 'a--/z', 'a-/y', 'a-b', 'a.txt', 'a/x', 'a0']);
  });
});

describe('entries', () => {
  it('walk: finds every odd name, byte for byte', () => {
    const root = temporaryFolder();
    writeFiles(root, [...ODD_NAMES, ...ODD_NAMES.map((name) => `folder/${name}`)]);
    const { paths, problems } = walked(root);
    expect(problems).toEqual([]);
    expect(new Set(paths)).toEqual(
      new Set([...ODD_NAMES, ...ODD_NAMES.map((name) => `folder/${name}`)]),
    );
  });

  it('walk: returns size, times, inode, mode and owner as lstat does', () => {
    const root = temporaryFolder();
    writeFiles(root, { file: 'twelve bytes' });
    execFileSync('touch', ['-d', '2001-02-03 04:05:06.123456789', join(root, 'file')]);
    execFileSync('chmod', ['4640', join(root, 'file')]);
    const [entry] = walk(openWalkContext(openSource(root), settings()));
    const [inode, owner, group] = execFileSync('stat', ['-c', '%i %u %g', join(root, 'file')], {
      encoding: 'utf8',
    })
      .trim()
      .split(' ');
    expect(entry).toMatchObject({
      path: 'file',
      kind: 'file',
      size: 12,
      mode: 0o4640,
      inode: BigInt(inode ?? 0),
      uid: Number(owner),
      gid: Number(group),
    });
    expect(entry).toHaveProperty(
      'mtimeNs',
      BigInt(Date.parse('2001-02-03T04:05:06.123Z')) * 1_000_000n + 456_789n,
    );
  });

  it('walk: finds both names of a file with two', () => {
    const root = temporaryFolder();
    writeFiles(root, ['one']);
    linkSync(join(root, 'one'), join(root, 'two'));
    expect(walked(root).paths).toEqual(['one', 'two']);
  });

  it('walk: finds files under 20 folders with names of 175 characters', () => {
    const root = temporaryFolder();
    const deep = Array.from({ length: 20 }, () => 'd'.repeat(175)).join('/');
    writeFiles(root, [`${deep}/file`]);
    expect(walked(root).paths).toEqual([`${deep}/file`]);
  });

  it('walk: finds files under 1,000 folders, without exhausting the stack', () => {
    const root = temporaryFolder();
    const deep = Array.from({ length: 1000 }, () => 'd').join('/');
    writeFiles(root, [`${deep}/file`]);
    expect(walked(root).paths).toEqual([`${deep}/file`]);
  });

  it('walk: finds nothing in an empty source', () => {
    expect(walked(temporaryFolder())).toEqual({ paths: [], problems: [] });
  });
});

describe('under a path', () => {
  it('walk under a path: finds the file, the content of the folder, or nothing', () => {
    const root = temporaryFolder();
    writeFiles(root, ['a/b/x', 'a/b/y', 'a/bc', 'd']);
    expect(walked(root, {}, 'a/b').paths).toEqual(['a/b/x', 'a/b/y']);
    expect(walked(root, {}, 'a/bc').paths).toEqual(['a/bc']);
    expect(walked(root, {}, 'a/none').paths).toEqual([]);
    expect(walked(root, {}, 'd/below/a/file').paths).toEqual([]);
  });

  it('walk under a path: applies the ignore files above it', () => {
    const root = temporaryFolder();
    writeFiles(root, {
      '.longshoreignore': 'a/b\n',
      'a/b/x': '',
      'c/.longshoreignore': '*.tmp',
      'c/d/x.tmp': '',
      'c/d/y': '',
    });
    expect(walked(root, {}, 'a/b/x').paths).toEqual([]);
    expect(walked(root, {}, 'a/b').paths).toEqual([]);
    expect(walked(root, {}, 'c/d/x.tmp').paths).toEqual([]);
    expect(walked(root, {}, 'c/d').paths).toEqual(['c/d/y']);
  });
});

describe('problems', () => {
  it('P8: walk: reports pipes and sockets and never opens them', () => {
    const root = temporaryFolder();
    writeFiles(root, ['file']);
    execFileSync('mkfifo', [join(root, 'pipe'), join(root, 'excluded.pipe')]);
    const { paths, problems } = walked(root, {
      filter: { exclude: ['*.pipe'], include: [], never: [] },
    });
    expect(paths).toEqual(['file']);
    expect(problems).toMatchObject([{ path: 'pipe', reason: 'special-file', hides: 'nothing' }]);
  });

  it('P8: walk: reports names that are not UTF-8 in a printable form, beside files that are mirrored', () => {
    const root = temporaryFolder();
    writeFiles(root, ['\ufffd', 'file']);
    writeFileSync(
      Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9]), Buffer.from('.txt')]),
      '',
    );
    mkdirSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x0a])]));
    const { paths, problems } = walked(root);
    expect(paths).toEqual(['file', '\ufffd']);
    expect(problems.map(({ path, reason }) => [path, reason]).sort()).toEqual([
      ['\\xff\\x0a', 'name-not-utf8'],
      ['caf\\xe9.txt', 'name-not-utf8'],
    ]);
  });

  it('P8: walk: reports names that are too long for the target', () => {
    const root = temporaryFolder();
    writeFiles(root, ['short', 'éééééé', 'd/12345678']);
    const { paths, problems } = walked(root, { maxNameBytes: 10 });
    expect(paths).toEqual(['d/12345678', 'short']);
    expect(problems).toMatchObject([{ path: 'éééééé', reason: 'name-too-long' }]);
  });

  it('P8: walk: reports reserved names and all below them, unless they are excluded', () => {
    const root = temporaryFolder();
    writeFiles(root, [
      '.longshore/lease',
      '.longshore-notes',
      'a/.longshore/x',
      'bin/old',
      'bin2',
      'z',
    ]);
    const { paths, problems } = walked(root, { reserved: ['.longshore', 'bin/old'] });
    expect(paths).toEqual(['.longshore-notes', 'a/.longshore/x', 'bin2', 'z']);
    expect(problems).toMatchObject([
      { path: '.longshore', reason: 'name-refused', hides: 'path-and-below' },
      { path: 'bin/old', reason: 'name-refused', hides: 'path-and-below' },
    ]);
    const filter = { exclude: ['.longshore'], include: [], never: ['bin/old'] };
    expect(walked(root, { reserved: ['.longshore', 'bin/old'], filter }).problems).toEqual([]);
  });

  it('P8: walk: reports paths that the system cannot open, and finds the files beside them', () => {
    const root = temporaryFolder();
    onTestFinished(() => void execFileSync('rm', ['-rf', root])); // Node cannot remove it either
    const half = Array.from({ length: 11 }, () => 'd'.repeat(200)).join('/');
    writeFiles(root, ['file', `${half}/x`, `lower/${half}/y`]);
    renameSync(join(root, 'lower'), join(root, half, 'lower'));
    const { paths, problems } = walked(root);
    expect(paths).toEqual([`${half}/x`, 'file']);
    expect(problems).toMatchObject([{ reason: 'name-too-long', hides: 'path-and-below' }]);
  });

  it.skipIf(!canDropRights)(
    'P8: what may not be read is reported, and its siblings are mirrored',
    () => {
      const root = temporaryFolder();
      writeFiles(root, ['closed/x', 'no-search/x', 'no-search/y', 'open/x', 'rules/x', 'z']);
      writeFiles(root, { 'rules/.longshoreignore': 'x' });
      for (const [path, mode] of [
        ['.', 0o755],
        ['closed', 0o000],
        ['no-search', 0o644],
        ['rules/.longshoreignore', 0o000],
      ] as const) {
        chmodSync(join(root, path), mode);
      }
      const { paths, problems } = walkedWithoutRights(root);
      expect(paths).toEqual(['open/x', 'z']);
      expect(problems.map(({ path, reason, hides }) => [path, reason, hides])).toEqual([
        ['closed', 'unreadable', 'path-and-below'],
        ['no-search', 'unreadable', 'path-and-below'],
        ['rules', 'unreadable', 'path-and-below'],
      ]);
    },
  );

  it.skipIf(!canDropRights)(
    'P4: a source that may not be read, or not searched, is an error',
    () => {
      for (const mode of [0o000, 0o644, 0o311]) {
        const root = temporaryFolder();
        writeFiles(root, ['x']);
        chmodSync(root, mode);
        expect(() => walkedWithoutRights(root)).toThrow(/SourceMissingError/);
      }
    },
  );
});

describe('file systems', () => {
  it.skipIf(!canMount)(
    'walk: includes a folder on another file system, unless oneFileSystem is set',
    () => {
      const root = temporaryFolder();
      writeFiles(root, ['a', 'mounted/hidden', 'z']);
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(root, 'mounted')]);
      try {
        writeFiles(root, ['mounted/x']);
        expect(walked(root)).toEqual({ paths: ['a', 'mounted/x', 'z'], problems: [] });
        const { paths, problems } = walked(root, { oneFileSystem: true });
        expect(paths).toEqual(['a', 'z']);
        expect(problems).toMatchObject([
          { path: 'mounted', reason: 'other-file-system', hides: 'path-and-below' },
        ]);
      } finally {
        execFileSync('umount', [join(root, 'mounted')]);
      }
    },
  );
});

describe('a tree that changes meanwhile', () => {
  it('walk: skips files and folders that go away', () => {
    const root = temporaryFolder();
    writeFiles(root, ['a/x', 'b/x', 'b/y', 'c/x', 'd']);
    const found: string[] = [];
    for (const item of walk(openWalkContext(openSource(root), settings()))) {
      expect(item.kind).toBe('file');
      found.push(item.path);
      if (item.path === 'a/x') rmSync(join(root, 'c'), { recursive: true });
      if (item.path === 'b/x') rmSync(join(root, 'b'), { recursive: true });
      if (item.path === 'b/x') rmSync(join(root, 'd'));
    }
    expect(found).toEqual(['a/x', 'b/x']);
  });

  it('P4: walk: a folder that is replaced meanwhile is no evidence of absence', () => {
    const root = temporaryFolder();
    writeFiles(root, ['site/a', 'site/b', 'next/new', 'z']);
    const items = [];
    for (const item of walk(openWalkContext(openSource(root), settings()))) {
      items.push(item);
      if (item.path !== 'site/a') continue;
      renameSync(join(root, 'site'), join(root, 'old'));
      renameSync(join(root, 'next'), join(root, 'site'));
    }
    expect(items.filter(({ kind }) => kind === 'problem')).toMatchObject([
      { path: 'site', reason: 'unreadable', hides: 'path-and-below' },
    ]);
    expect(items.at(-1)).toMatchObject({ path: 'z' });
  });

  it('P4: walk: a source that goes away meanwhile is an error, not the end of the files', () => {
    const root = temporaryFolder();
    writeFiles(root, ['source/a', 'source/b/c', 'source/d']);
    const walking = walk(openWalkContext(openSource(join(root, 'source')), settings()));
    expect(walking.next().value).toMatchObject({ path: 'a' });
    renameSync(join(root, 'source'), join(root, 'away'));
    expect(() => [...walking]).toThrow(SourceMissingError);
  });
});

describe('P4', () => {
  it.each([
    ['is missing', 'none', /does not exist/],
    ['is a file', 'file', /is not a folder/],
    ['is below a file', 'file/below', /cannot be read/],
  ])('source: is an error when it %s', (_, name, message) => {
    const root = temporaryFolder();
    writeFiles(root, ['file']);
    expect(() => openSource(join(root, name))).toThrow(SourceMissingError);
    expect(() => openSource(join(root, name))).toThrow(message);
  });
});
