import { describe, expect, test } from 'vitest';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import type { Policy, Remote } from '../../../src/sync/decide.js';
import { createNaming } from '../../../src/sync/naming.js';
import { type Evidence, settleMissing } from '../../../src/sync/scan/missing-names.js';
import { openUnseenRanges } from '../../../src/sync/scan/unseen-ranges.js';
import type { LinkMode } from '../../../src/watcher/links.js';
import { type Hides, problem } from '../../../src/watcher/problem.js';
import { ABSENT, type Found, IGNORED } from '../../../src/watcher/stat-entry.js';
import { MIRROR, recordOf } from '../records.js';

const THERE: Remote = { size: 1, inspected: false };
const file = (path: string, kind: 'file' | 'symlink' = 'file'): Found => ({
  path,
  kind,
  size: 1,
  mtimeNs: 1n,
  ctimeNs: 2n,
  inode: 3n,
  mode: 0o644,
  uid: 0,
  gid: 0,
});
const OURS = recordOf(file('a') as Parameters<typeof recordOf>[0]);

interface Gone {
  readonly found?: Found;
  readonly known?: ObjectRecord;
  readonly remote?: Remote;
  /** A place that the scan could not see. */
  readonly blind?: readonly [path: string, hides: Hides];
  readonly noDeletes?: string;
  readonly symlinks?: LinkMode;
  readonly policy?: Partial<Policy>;
}

/** What becomes of one name that a scan did not find, and what was counted. */
function settle(
  name: string,
  { found = ABSENT, known, remote = 'unknown', blind, noDeletes, symlinks = 'skip', policy }: Gone,
) {
  const unseenRanges = openUnseenRanges();
  if (blind) unseenRanges.add(problem(blind[0], 'unreadable', 'cannot be read', blind[1]));
  const looked: string[] = [];
  const evidence: Evidence = {
    unseenRanges,
    statAgain(path) {
      looked.push(path);
      return found;
    },
    known: () => known,
    naming: createNaming(symlinks),
    isInventory: false,
    noDeletes,
  };
  const counts = { deletesKept: 0, excluded: 0 };
  const items = [...settleMissing([{ name, remote }], evidence, { ...MIRROR, ...policy }, counts)];
  const listener = items.map((item) =>
    item.kind === 'finding'
      ? [item.decision.action, item.local?.path, item.known]
      : [item.kind, item.path],
  );
  return { listener, looked, ...counts };
}

const NOTHING = { listener: [], deletesKept: 0, excluded: 0 };

describe('P4: a name that a scan did not find', () => {
  test('is deleted when it is ours, and gone when it is looked for again', () => {
    expect(settle('a', { known: OURS })).toEqual({
      ...NOTHING,
      listener: [['delete', undefined, OURS]],
      looked: ['a'],
    });
  });

  test('is forgotten when it is ours, and in the container no more', () => {
    expect(settle('a', { known: OURS, remote: 'absent' }).listener).toEqual([
      ['forget', undefined, OURS],
    ]);
  });

  test('is compared like any other when it is there by then', () => {
    expect(settle('a', { found: file('a'), known: { ...OURS, size: 2 } }).listener).toEqual([
      ['upload', 'a', { ...OURS, size: 2 }],
    ]);
    expect(settle('a', { found: file('a'), known: OURS })).toEqual({ ...NOTHING, looked: ['a'] });
    expect(settle('a', { found: file('a'), noDeletes: 'in doubt' }).listener).toEqual([
      ['upload', 'a', undefined],
    ]);
  });

  test.each<readonly [string, Gone]>([
    ['it cannot be seen where it was', { known: OURS, blind: ['a', 'path-and-below'] }],
    ['nothing may be deleted', { known: OURS, noDeletes: 'the source is in doubt' }],
    [
      'nothing may be deleted, though it is in the container no more',
      { known: OURS, remote: 'absent', noDeletes: 'the source is in doubt' },
    ],
  ])('is kept, and counted, when %s', (_why, gone) => {
    expect(settle('a', gone)).toMatchObject({ listener: [], deletesKept: 1, excluded: 0 });
  });

  test('gets no stat where nothing can be seen', () => {
    expect(settle('a/b', { known: OURS, blind: ['a', 'below'] }).looked).toEqual([]);
    expect(settle('b', { known: OURS, blind: ['a', 'below'] }).listener).toHaveLength(1);
  });

  test('is kept without a report when it is excluded', () => {
    expect(settle('a', { found: IGNORED, known: OURS })).toEqual({
      ...NOTHING,
      excluded: 1,
      looked: ['a'],
    });
  });

  test('is kept when it is met as a problem by then, which is reported once', () => {
    const unseen = problem('a', 'unreadable', 'cannot be read', 'path-and-below');
    expect(settle('a', { found: unseen, known: OURS })).toEqual({
      ...NOTHING,
      listener: [['problem', 'a']],
      deletesKept: 1,
      looked: ['a'],
    });
    expect(
      settle('a', { found: unseen, known: OURS, blind: ['', 'path-and-below'] }),
    ).toMatchObject({ listener: [], looked: [] });
  });

  test('is deleted when a link, a pipe or a folder is certain to be in its place', () => {
    const link = problem('a', 'link-skipped', 'a link', 'below');
    expect(settle('a', { found: link, known: OURS })).toMatchObject({
      listener: [
        ['problem', 'a'],
        ['delete', undefined, OURS],
      ],
      deletesKept: 0,
    });
    expect(settle('a', { found: link, known: OURS, blind: ['a', 'below'] }).listener).toEqual([
      ['delete', undefined, OURS],
    ]);
    const pipe = problem('a', 'special-file', 'a pipe', 'nothing');
    expect(settle('a', { found: pipe, known: OURS }).listener).toEqual([
      ['delete', undefined, OURS],
    ]);
    const folder: Found = { kind: 'directory', path: 'a', device: 1n, inode: 1n };
    expect(settle('a', { found: folder, known: OURS }).listener).toEqual([
      ['delete', undefined, OURS],
    ]);
  });

  test('without a record is what the mirror says of extraneous objects', () => {
    expect(settle('a', { remote: THERE, policy: { extraneous: 'delete' } }).listener).toEqual([
      ['delete', undefined, undefined],
    ]);
    expect(settle('a', { remote: THERE, policy: { extraneous: 'report' } }).listener).toEqual([
      ['report', undefined, undefined],
    ]);
    expect(settle('a', { remote: THERE, policy: { extraneous: 'keep' } }).listener).toEqual([]);
  });

  test('without a record is named even when nothing may be deleted', () => {
    const gone = {
      remote: THERE,
      noDeletes: 'the source is in doubt',
      policy: { extraneous: 'delete' } as const,
    };
    expect(settle('a', gone)).toMatchObject({
      listener: [['report', undefined, undefined]],
      deletesKept: 1,
    });
    expect(settle('a', { ...gone, policy: { extraneous: 'report' } })).toMatchObject({
      listener: [['report', undefined, undefined]],
      deletesKept: 0,
    });
  });
});

describe('P4: the object of a preserved link', () => {
  const name = 'a.rclonelink';

  test('is gone when no link is there, though a file has its place', () => {
    expect(settle(name, { found: file('a'), known: OURS, symlinks: 'preserve' })).toMatchObject({
      listener: [['delete', undefined, OURS]],
      looked: ['a'],
    });
    expect(
      settle(name, {
        found: file('a', 'symlink'),
        known: { ...OURS, kind: 'symlink' },
        symlinks: 'preserve',
      }).listener,
    ).toEqual([]);
  });

  test.each(['a', name])('is kept where %j cannot be seen', (path) => {
    expect(
      settle(name, { known: OURS, symlinks: 'preserve', blind: [path, 'path-and-below'] }),
    ).toMatchObject({ listener: [], deletesKept: 1 });
  });
});
