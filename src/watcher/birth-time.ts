import type { BigIntStats } from 'node:fs';
import { statPathIfAny } from '../file-stat.js';

/**
 * Types of file systems that set the birth time of a folder once. Others invent it, or change it: overlayfs shows that of
 * the upper folder once something in it has changed, a FUSE daemon what it likes.
 */
const SET_ONCE = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'f2fs',
  'bcachefs',
  'zfs',
  'tmpfs',
  'exfat',
  'ntfs3',
]);

/** Nanoseconds since the epoch; undefined where the file system has no birth time, or none to rely on. */
export function birthTimeOf(
  type: string,
  { birthtimeNs }: Pick<BigIntStats, 'birthtimeNs'>,
): bigint | undefined {
  return birthtimeNs === 0n || !SET_ONCE.has(type) || !hasStatx() ? undefined : birthtimeNs;
}

let statx: boolean | undefined;

/**
 * Whether statx(2) answers. Where a sandbox refuses it, libuv asks stat(2) and gives the ctime for the birth time
 * (uv__to_stat in unix/fs.c), which every change moves. procfs has no birth times: there it gives one all the same.
 */
function hasStatx(): boolean {
  statx ??= statPathIfAny('/proc/self')?.birthtimeNs === 0n;
  return statx;
}
