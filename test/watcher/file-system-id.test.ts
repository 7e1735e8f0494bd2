import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fileSystemId, type IdPlaces } from '../../src/watcher/file-system-id.js';
import { parseMounts } from '../../src/watcher/network-file-system.js';
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

function places(): IdPlaces {
  const folder = temporaryFolder(onTestFinished);
  const at = { byUuid: join(folder, 'by-uuid'), udev: join(folder, 'udev'), blocks: join(folder, 'block'), mounts: MOUNTS };
  for (const path of [at.byUuid, at.udev, join(at.blocks, 'sdb2')]) mkdirSync(path, { recursive: true });
  writeFileSync(join(at.blocks, 'sdb2', 'dev'), '8:18\n');
  return at;
}

test('the UUID of a disk is found by its number, or by that of the disk behind a file system with numbers of its own', () => {
  const at = places();
  writeFileSync(join(at.udev, 'b8:1'), 'I:123\nE:ID_FS_TYPE=ext4\nE:ID_FS_UUID=root-uuid\nE:ID_FS_UUID_ENC=other\n');
  writeFileSync(join(at.udev, 'b8:18'), 'E:ID_FS_UUID=home-uuid\n');
  expect(fileSystemId('/var/files', 0x801n, at)).toBe('root-uuid');
  expect(fileSystemId('/home/anna', 45n, at)).toMatch(/^home-uuid /);
});

test('P4: Btrfs subvolumes, which share their UUID and may share their inodes, are told apart by where they are in it', () => {
  const at = places();
  writeFileSync(join(at.udev, 'b8:18'), 'E:ID_FS_UUID=disk-uuid\n');
  const idWith = (path: string, line: string) => fileSystemId(path, 45n, { ...at, mounts: parseMounts(line) });
  const own = idWith('/home/anna', '40 27 0:45 /@home /home rw - btrfs /dev/sdb2 rw');
  expect(own).toBe('disk-uuid /@home/anna');
  expect(idWith('/home/anna', '40 27 0:45 /@snapshots/1/home /home rw - btrfs /dev/sdb2 rw')).not.toBe(own);
  // As a service sees it that has only this folder, and as a machine that has mounted the whole disk.
  expect(idWith('/home/anna', '41 27 0:45 /@home/anna /home/anna rw - btrfs /dev/sdb2 rw')).toBe(own);
  expect(idWith('/mnt/@home/anna', '42 27 0:45 / /mnt rw - btrfs /dev/sdb2 rw')).toBe(own);
});

test('links in /dev tell it too, and those of disks that are gone are passed over', () => {
  const at = places();
  symlinkSync('/nowhere', join(at.byUuid, 'gone-uuid'));
  symlinkSync('/dev/null', join(at.byUuid, 'null-uuid')); // 1:3, as good a device as any
  expect(fileSystemId('/var/files', 0x103n, at)).toBe('null-uuid');
});

test('a network share and a ZFS data set are known by type and name', () => {
  expect(fileSystemId('/srv/share/a', 46n, places())).toBe('nfs4 server:/export/my files');
  expect(fileSystemId('/tank/photos', 47n, places())).toBe('zfs tank/photos');
});

test('where nothing tells, nothing is said', () => {
  expect(fileSystemId('/tmp/x', 48n, places())).toBeUndefined();
  expect(fileSystemId('/var/files', 0x801n, { mounts: [], byUuid: '/nowhere', udev: '/nowhere', blocks: '/nowhere' })).toBeUndefined();
  expect(typeof fileSystemId('/', 0n)).toMatch(/^(string|undefined)$/);
});
