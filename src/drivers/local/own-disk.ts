import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './failure.js';

/**
 * f_type (statfs(2), linux/magic.h and the sources of bcachefs and OpenZFS) of file systems that one kernel alone has mounted.
 * Those of a network, of a cluster, FUSE, and what a host gives to a guest are not among them.
 */
const OWN = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0xf2f52010, // f2fs
  0xca451a4e, // bcachefs
  0x2fc12fc1, // zfs
  0x01021994, // tmpfs
  0x3153464a, // jfs
  0x4d44, // vfat
  0x2011bab0, // exfat
  0x7366746e, // ntfs3
]);

/**
 * Whether a folder, or what will be made of it, is on a disk that only this running system reaches. False where that is not
 * known, as everywhere but on Linux.
 */
export function isOnOwnDisk(folder: string): boolean {
  if (process.platform !== 'linux') return false;
  for (let path = folder; ; path = dirname(path)) {
    try {
      return isOwnType(statfsSync(path).type);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || path === dirname(path)) return false;
    }
  }
}

/** Of a number that a system may give with its sign. */
export function isOwnType(type: number): boolean {
  return OWN.has(type >>> 0);
}
