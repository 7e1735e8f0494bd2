import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNaming, isFolderName, nameOfKey } from '../../src/sync/naming.js';

const path = fc
  .array(
    fc.oneof(
      fc.constantFrom('a', 'x.rclonelink', '.rclonelink', '😀', 'a.rclonelink.rclonelink'),
      fc.string({ minLength: 1 }),
    ),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((segments) => segments.join('/'));
const kind = fc.constantFrom('file' as const, 'symlink' as const);

it.each(['skip', 'follow'] as const)('naming: an object has the name of its file (%s)', (mode) => {
  const { nameOf, pathOf, namesAt } = createNaming(mode);
  fc.assert(
    fc.property(path, (path) => {
      const name = nameOf({ path, kind: 'file' });
      expect(pathOf(name)).toBe(path);
      expect(namesAt(path)).toEqual([name]);
    }),
  );
});

it('naming: with preserved links, file and object names convert both ways', () => {
  const { nameOf, pathOf, namesAt } = createNaming('preserve');
  fc.assert(
    fc.property(path, kind, (path, kind) => {
      fc.pre(kind === 'symlink' || !path.endsWith('.rclonelink')); // the walk refuses such files
      const name = nameOf({ path, kind });
      expect(pathOf(name)).toBe(path);
      expect(namesAt(path)).toContain(name);
      for (const other of namesAt(path)) expect(pathOf(other)).toBe(path);
    }),
  );
});

it('naming: with preserved links, no two paths have one object name', () => {
  const { nameOf } = createNaming('preserve');
  const thing = fc
    .record({ path, kind })
    .filter(({ path, kind }) => kind === 'symlink' || !path.endsWith('.rclonelink'));
  fc.assert(
    fc.property(thing, thing, (a, b) => {
      fc.pre(a.path !== b.path || a.kind !== b.kind);
      expect(nameOf(a)).not.toBe(nameOf(b));
    }),
  );
});

it('naming: with kept folders, folders and their object names convert both ways, and files keep theirs', () => {
  const anyKind = fc.constantFrom('file' as const, 'symlink' as const, 'folder' as const);
  const mode = fc.constantFrom('skip' as const, 'preserve' as const);
  fc.assert(
    fc.property(path, anyKind, mode, (path, kind, symlinks) => {
      fc.pre(kind !== 'symlink' || symlinks === 'preserve');
      fc.pre(kind !== 'file' || symlinks === 'skip' || !path.endsWith('.rclonelink'));
      fc.pre(!path.endsWith('/'));
      const { nameOf, pathOf, namesAt } = createNaming(symlinks, 'keep');
      const name = nameOf({ path, kind });
      expect(pathOf(name)).toBe(path);
      expect(isFolderName(name)).toBe(kind === 'folder');
      const names = namesAt(path);
      expect(names).toContain(name);
      const inOrder = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(names).toEqual(inOrder);
    }),
  );
});

it('naming: a key outside the prefix has no name', () => {
  expect(nameOfKey('', 'a/b')).toBe('a/b');
  expect(nameOfKey('p/', 'p/a')).toBe('a');
  expect(nameOfKey('p/', 'p/')).toBeUndefined();
  expect(nameOfKey('p/', 'pa')).toBeUndefined();
});
