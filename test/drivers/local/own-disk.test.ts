import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isOnOwnDisk, isOwnType } from '../../../src/drivers/local/root.js';
import { temporaryFolder } from '../../world/folder.js';

/** linux/magic.h, and statfs(2). */
const OTHERS: [string, number][] = [
  ['NFS', 0x6969],
  ['CIFS', 0xff534d42],
  ['CIFS, of a signed number', 0xff534d42 | 0],
  ['SMB2', 0xfe534d42],
  ['9p', 0x01021997],
  ['Ceph', 0x00c36400],
  ['FUSE', 0x65735546],
  ['OCFS2', 0x7461636f],
  ['GFS2', 0x01161970],
  ['overlay', 0x794c7630],
  ['unknown', 0],
];

test.each(OTHERS)(
  'local target: %s is not taken for a disk that only this machine reaches',
  (_, type) => {
    expect(isOwnType(type)).toBe(false);
  },
);

test.each([
  ['ext4', 0xef53],
  ['XFS', 0x58465342],
  ['Btrfs', 0x9123683e],
  ['Btrfs, of a signed number', 0x9123683e | 0],
])('local target: %s is a disk that only this machine reaches', (_, type) => {
  expect(isOwnType(type)).toBe(true);
});

test('local target: the file system of what is not there yet is that of the folder it will be made in', () => {
  const folder = temporaryFolder();
  const type = Number.parseInt(
    execFileSync('stat', ['--file-system', '--format=%t', folder], { encoding: 'utf8' }),
    16,
  );
  expect(isOnOwnDisk(folder)).toBe(isOwnType(type));
  expect(isOnOwnDisk(join(folder, 'container/prefix/'))).toBe(isOwnType(type));
  expect(isOnOwnDisk('/proc/longshore')).toBe(false);
});
