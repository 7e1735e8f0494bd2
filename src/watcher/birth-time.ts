import type { BigIntStats } from 'node:fs';
import { lstatPathIfAny, statPathIfAny } from '../file-stat.js';
import { mountOf, readMounts } from './network-file-system.js';

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

/**
 * Returns a function that says when the file at an absolute path without symbolic links was made; see birthTimeOf. It reads
 * the type of each file system once, so make a new one when a disk may have been mounted or unmounted.
 */
export function openBirthTimes(): (path: string) => bigint | undefined {
  const types = new Map<bigint, string | undefined>();
  return (path) => {
    const stat = lstatPathIfAny(path);
    if (stat === undefined) return undefined;
    if (!types.has(stat.dev)) types.set(stat.dev, mountOf(path, readMounts())?.type);
    const type = types.get(stat.dev);
    return type === undefined ? undefined : birthTimeOf(type, stat);
  };
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
