import { expect, test } from 'vitest';
import { sameSource } from '../../src/sync/source-identity.js';

const DISK = { device: '2049', inode: '2', fileSystemUuid: 'u' };

test.each([
  ['the same in all', DISK, true],
  ['the same file system under another number', { ...DISK, device: '2065' }, true],
  ['another file system under the same number', { ...DISK, fileSystemUuid: 'v' }, false],
  ['another folder of it', { ...DISK, inode: '3' }, false],
  ['the same numbers, where nothing is known of the file system', { device: '2049', inode: '2' }, true],
  ['another number, where nothing is known of the file system', { device: '2065', inode: '2' }, false],
])('P4: %s', (_, other, same) => {
  expect(sameSource(DISK, other)).toBe(same);
  expect(sameSource(other, DISK)).toBe(same);
});
