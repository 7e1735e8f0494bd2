import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fileSystemId, type IdPlaces, marksOf } from '../../src/watcher/file-system-id.js';
import { parseMounts } from '../../src/watcher/network-file-system.js';
import { uuidInSuperblock } from '../../src/watcher/superblock.js';
import { temporaryFolder } from './fixtures.js';

const MOUNTS = parseMounts(
  [
    '27 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '40 27 0:45 /@home /home rw - btrfs /dev/sdb2 rw',
    '41 27 0:46 / /srv/share rw - nfs4 server:/export/my\\040files rw',
    '42 27 0:47 / /tank/photos rw - zfs tank/photos rw',
    '43 27 0:48 / /tmp rw - tmpfs none rw',
  ].join('\n'),
);

const NOWHERE = {
  byUuid: '/nowhere',
  udev: '/nowhere',
  blocks: '/nowhere',
  numbers: '/nowhere',
  devices: '/nowhere',
};

function places(): IdPlaces {
  const folder = temporaryFolder(onTestFinished);
  const at = {
    byUuid: join(folder, 'by-uuid'),
    udev: join(folder, 'udev'),
    blocks: join(folder, 'block'),
    numbers: join(folder, 'numbers'),
    devices: join(folder, 'dev'),
    mounts: MOUNTS,
  };
  for (const path of [at.byUuid, at.udev, join(at.blocks, 'sdb2')])
    mkdirSync(path, { recursive: true });
  writeFileSync(join(at.blocks, 'sdb2', 'dev'), '8:18\n');
  return at;
}

test('file system id: is the UUID of the disk with its number, or of the disk behind its own number', () => {
  const at = places();
  writeFileSync(
    join(at.udev, 'b8:1'),
    'I:123\nE:ID_FS_TYPE=ext4\nE:ID_FS_UUID=root-uuid\nE:ID_FS_UUID_ENC=other\n',
  );
  writeFileSync(join(at.udev, 'b8:18'), 'E:ID_FS_UUID=home-uuid\n');
  expect(fileSystemId('/var/files', 0x801n, at)).toBe('root-uuid');
  expect(fileSystemId('/home/anna', 45n, at)).toMatch(/^home-uuid /);
});

test('P4: file system id: distinguishes Btrfs subvolumes by their paths', () => {
  const at = places();
  writeFileSync(join(at.udev, 'b8:18'), 'E:ID_FS_UUID=disk-uuid\n');
  const idWith = (path: string, line: string) =>
    fileSystemId(path, 45n, { ...at, mounts: parseMounts(line) });
  const own = idWith('/home/anna', '40 27 0:45 /@home /home rw - btrfs /dev/sdb2 rw');
  expect(own).toBe('disk-uuid /@home/anna');
  expect(
    idWith('/home/anna', '40 27 0:45 /@snapshots/1/home /home rw - btrfs /dev/sdb2 rw'),
  ).not.toBe(own);
  // As a service sees it that has only this folder, and as a machine that has mounted the whole disk.
  expect(idWith('/home/anna', '41 27 0:45 /@home/anna /home/anna rw - btrfs /dev/sdb2 rw')).toBe(
    own,
  );
  expect(idWith('/mnt/@home/anna', '42 27 0:45 / /mnt rw - btrfs /dev/sdb2 rw')).toBe(own);
});

test('file system id: is read from links in /dev too, without those of disks that are gone', () => {
  const at = places();
  symlinkSync('/nowhere', join(at.byUuid, 'gone-uuid'));
  symlinkSync('/dev/null', join(at.byUuid, 'null-uuid')); // 1:3, as good a device as any
  expect(fileSystemId('/var/files', 0x103n, at)).toBe('null-uuid');
});

test('file system id: is the type and name of a network share and a ZFS data set', () => {
  expect(fileSystemId('/srv/share/a', 46n, places())).toBe('nfs4 server:/export/my files');
  expect(fileSystemId('/tank/photos', 47n, places())).toBe('zfs tank/photos');
});

test('file system id: is undefined for a file system without any identity', () => {
  expect(fileSystemId('/tmp/x', 48n, places())).toBeUndefined();
  expect(fileSystemId('/var/files', 0x801n, { ...NOWHERE, mounts: [] })).toBeUndefined();
  expect(marksOf('/tmp/x', { dev: 48n, birthtimeNs: 0n }, { ...NOWHERE, mounts: [] })).toEqual({});
});

const marksWith = (line: string, birthtimeNs: bigint, path = '/tmp') =>
  marksOf(path, { dev: 48n, birthtimeNs }, { ...NOWHERE, mounts: parseMounts(line) });

test('P4: file system id: uses a birth time of a file system that sets it once', () => {
  expect(marksWith('43 27 0:48 / /tmp rw - tmpfs none rw', 1n)).toEqual({ birthTimeNs: 1n });
  expect(marksWith('43 27 0:48 / /tmp rw - overlay none rw', 1n)).toEqual({});
  expect(marksWith('43 27 0:48 / /tmp rw - fuse.mergerfs a:b rw', 1n)).toEqual({});
});

test('P4: file system id: is the file system’s own number without a UUID and an exact birth time', () => {
  const fsid = execFileSync('stat', ['-f', '-c', '%i', '/dev/shm']).toString().trim();
  const line = '43 27 0:48 / /dev/shm rw - tmpfs none rw';
  expect(marksWith(line, 0n, '/dev/shm')).toEqual({ fsid });
  expect(marksWith(line, 1_700_000_000_000_000_000n, '/dev/shm')).toEqual({
    birthTimeNs: 1_700_000_000_000_000_000n,
    fsid,
  });
  expect(marksWith('43 27 0:48 / /dev/shm rw - xfs /dev/sdb rw', 0n, '/dev/shm')).toEqual({}); // its number is the device's
});

test.each([
  ['ext2', 'mkfs.ext4', ['-q']],
  ['ext4', 'mkfs.ext4', ['-q']],
  ['xfs', 'mkfs.xfs', ['-q']],
  ['btrfs', 'mkfs.btrfs', ['-q']],
  ['f2fs', 'mkfs.f2fs', ['-q']],
  ['vfat', 'mkfs.vfat', ['-F', '32']],
  ['vfat', 'mkfs.vfat', ['-F', '16', '-S', '2048']],
  ['exfat', 'mkfs.exfat', []],
  ['ntfs3', 'mkntfs', ['-q', '-F', '-f']],
])(
  'superblock: the UUID of a new %s (%s %j) is the one that blkid finds',
  (type, make, options) => {
    if (spawnSync(make, ['-V']).error !== undefined) return expect(make).not.toBe('mkfs.ext4'); // not installed here
    const disk = join(temporaryFolder(onTestFinished), 'disk');
    execFileSync('truncate', ['--size', '400M', disk]);
    execFileSync(make, [...options, disk], { stdio: 'ignore' });
    const expected = execFileSync('blkid', ['-p', '-s', 'UUID', '-o', 'value', disk])
      .toString()
      .trim();
    const descriptor = openSync(disk, 'r');
    const read = (at: number, length: number) => {
      const bytes = Buffer.alloc(length);
      readSync(descriptor, bytes, 0, length, at);
      return bytes;
    };
    expect(uuidInSuperblock(type, read)).toBe(expected);
    expect(uuidInSuperblock(type, (_, length) => Buffer.alloc(length))).toBeUndefined();
    expect(uuidInSuperblock('tmpfs', read)).toBeUndefined();
    closeSync(descriptor);
  },
);
