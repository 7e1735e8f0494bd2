import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  innerMounts,
  openMountCheck,
  withNewMounts,
} from '../../../src/sync/source/inner-mounts.js';
import { identityOf } from '../../../src/sync/source/source-identity.js';
import { temporaryFolder } from '../../world/folder.js';

function folderWith(...folders: readonly string[]): string {
  const root = temporaryFolder('inner');
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  return root;
}

const mount = (point: string, type = 'ext4') => ({
  point,
  root: '/',
  type,
  device: '8:1',
  source: '/dev/sda1',
});

test('inner mounts: are the mount points inside the source, not those beside it or the source itself', () => {
  const root = folderWith('photos', 'deep/er', 'cache', 'vm');
  const mounts = [
    mount(root),
    mount(`${root}-beside/photos`),
    mount(join(root, 'photos')),
    mount(join(root, 'deep/er'), 'fuse.gocryptfs'),
    mount(join(root, 'cache'), 'tmpfs'),
    mount(join(root, 'vm'), 'overlay'),
    mount(join(root, 'not there any more')),
  ];
  const inode = (path: string) => String(statSync(join(root, path), { bigint: true }).ino);
  expect(innerMounts({ realRoot: root }, mounts)).toMatchObject({
    photos: { inode: inode('photos') },
    'deep/er': { inode: inode('deep/er') },
  });
  expect(Object.keys(innerMounts({ realRoot: root }, mounts))).toEqual(['photos', 'deep/er']);
});

test('P4: inner mounts: another disk in a folder is reported for all below that folder, and for nothing else', () => {
  const root = folderWith('photos', 'other');
  const known = innerMounts({ realRoot: root }, [mount(join(root, 'photos'))]);
  const away = openMountCheck(root, known, identityOf);
  const ofOneTurn = openMountCheck(root, known, identityOf, new Map());
  const paths = ['photos', 'photos/a', 'photos/b/c', 'other/a', 'photos-too'];
  const allThere = paths.map(() => undefined);
  expect(paths.map(away)).toEqual(allThere);
  expect(paths.map(ofOneTurn)).toEqual(allThere);
  rmSync(join(root, 'photos'), { recursive: true });
  expect(paths.map(ofOneTurn)).toEqual(allThere);
  expect(paths.map(away)).toEqual(['photos', 'photos', 'photos', undefined, undefined]);
});

test('inner mounts: the first disk of a folder stays the expected one', () => {
  const [before, now, more] = ['1', '2', '3'].map((inode) => ({ device: '1', inode }));
  expect(
    withNewMounts({ a: before ?? never() }, { a: now ?? never(), b: more ?? never() }),
  ).toEqual({ a: before, b: more });
  const many = Object.fromEntries(
    Array.from({ length: 3_000 }, (_, at) => [`m${at}`, now ?? never()]),
  );
  expect(Object.keys(withNewMounts(undefined, many))).toHaveLength(1_000);
});

function never(): never {
  throw new Error('there are three');
}
