import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { affectedBy, type ExposedMirror } from '../../src/reload/affected.js';
import type { RiskKind } from '../../src/reload/risk.js';
import type { ObjectRecord } from '../../src/state/object-index.js';
import { temporaryFolder } from '../world/folder.js';
import { mirrorOf } from './configurations.js';

let source: string;
beforeEach(() => {
  source = temporaryFolder('affected');
});

const record = (name: string): ObjectRecord => ({
  state: 'confirmed',
  kind: name.endsWith('/') ? 'folder' : 'file',
  size: 1,
  mtimeNs: 1n,
  ctimeNs: 1n,
  inode: 1n,
  mode: 0o644,
  uid: 0,
  gid: 0,
  md5: '',
  hashedAtMs: 0,
});

function exposed(names: readonly string[], different: Partial<ExposedMirror> = {}): ExposedMirror {
  const sorted = names.toSorted();
  return {
    index: {
      count: () => names.length,
      *entries({ after = '' } = {}) {
        for (const name of sorted) if (name > after) yield [name, record(name)] as const;
      },
    },
    held: 0,
    isSource: () => false,
    ...different,
  };
}

const affected = (
  kind: RiskKind,
  was: Parameters<typeof mirrorOf>[0],
  now: Parameters<typeof mirrorOf>[0],
  mirror: ExposedMirror,
) =>
  affectedBy(
    { mirror: 'documents', setting: 's', kind },
    { before: mirrorOf({ source, ...was }), after: mirrorOf({ source, ...now }) },
    mirror,
  );

test('patterns: names that are excluded from now on stay, also below folders that are excluded', async () => {
  const names = ['a.txt', 'a.tmp', 'build/x', 'build/deep/y', 'src/build.c'];
  expect(await affected('filter', {}, { exclude: ['*.tmp', 'build/'] }, exposed(names))).toEqual([
    expect.objectContaining({
      becomes: 'left',
      objects: 3,
      names: ['a.tmp', 'build/deep/y', 'build/x'],
    }),
  ]);
});

test('patterns: of names that are excluded no more, those are deleted whose files are gone', async () => {
  mkdirSync(join(source, 'build'));
  writeFileSync(join(source, 'build', 'there'), '');
  writeFileSync(join(source, 'file'), '');
  const names = ['build/there', 'build/gone', 'file/below', 'kept'];
  const found = await affected('filter', { exclude: ['build/', 'file/'] }, {}, exposed(names));
  expect(found).toEqual([
    expect.objectContaining({
      becomes: 'deleted',
      objects: 2,
      names: ['build/gone', 'file/below'],
    }),
  ]);
});

test('patterns: those of include leave all names that none of them selects', async () => {
  const found = await affected('filter', {}, { include: ['*.txt'] }, exposed(['a.txt', 'b', 'c']));
  expect(found).toEqual([expect.objectContaining({ becomes: 'left', names: ['b', 'c'] })]);
});

test('many objects are counted, and the first ten are named', async () => {
  const names = Array.from({ length: 2_500 }, (_, at) => `${String(at).padStart(5, '0')}.tmp`);
  const [found] = await affected('filter', {}, { exclude: ['*.tmp'] }, exposed(names));
  expect(found).toMatchObject({ objects: 2_500, names: names.slice(0, 10) });
});

test('a mirror without any object risks none', async () => {
  const kinds: RiskKind[] = ['removed', 'place', 'source', 'filter', 'kept', 'extraneous'];
  for (const kind of kinds)
    expect(await affected(kind, {}, { exclude: ['*'] }, exposed([]))).toEqual([]);
});

test('another path of the same folder is no other source', async () => {
  const isSame = exposed(['a'], { isSource: (path) => path === '/moved' });
  expect(await affected('source', {}, { source: '/moved' }, isSame)).toEqual([]);
  expect(await affected('source', {}, { source: '/other' }, isSame)).toMatchObject([
    { becomes: 'held', objects: 1 },
  ]);
});

test('another guard concerns what is held, and objects of folders those that are there', async () => {
  expect(await affected('guard', {}, {}, exposed(['a']))).toEqual([]);
  expect(await affected('guard', {}, {}, exposed(['a'], { held: 7 }))).toMatchObject([
    { becomes: 'deleted', objects: 7 },
  ]);
  const folders = { folders: 'keep' } as const;
  expect(await affected('folders', folders, {}, exposed(['a', 'b/', 'c/d/']))).toMatchObject([
    { becomes: 'deleted', objects: 2, names: ['b/', 'c/d/'] },
  ]);
});
