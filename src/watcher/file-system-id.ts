import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { statPath } from '../file-stat.js';
import { isNetworkType, type Mount, mountOf, readMounts } from './network-file-system.js';

/** Where Linux tells of file systems, without any rights. */
export interface IdPlaces {
  readonly mounts: readonly Mount[];
  /** Links named by UUID, one for each block device with a file system: what udev makes of /dev. */
  readonly byUuid: string;
  /** The same from udev's database, which a service with a private /dev still sees. */
  readonly udev: string;
  /** Block devices by name, each with its number in `dev`. */
  readonly blocks: string;
}

const LINUX = { byUuid: '/dev/disk/by-uuid', udev: '/run/udev/data', blocks: '/sys/class/block' } as const;

/**
 * What a file system keeps when it is mounted again, at another place or under another device number: its UUID; of a
 * network share or a ZFS data set, which have none, its type and name. Of Btrfs, whose subvolumes have one UUID and the
 * same inodes where one is a snapshot of the other, also the path inside it. Undefined where none of that can be had.
 */
export function fileSystemId(realPath: string, device: bigint, known: IdPlaces = { ...LINUX, mounts: readMounts() }): string | undefined {
  const mount = mountOf(realPath, known.mounts);
  if (mount === undefined) return undefined;
  if (mount.type === 'zfs' || isNetworkType(mount.type)) return `${mount.type} ${mount.source}`;
  // Some file systems, as Btrfs, have device numbers of their own, and the number of their disk is that of the mount's source.
  const numbers = new Set([numberOf(device), mount.device, blockNumber(mount.source, known)].filter((number) => number !== undefined));
  const uuid = uuidInUdev(numbers, known) ?? uuidInDev(numbers, known);
  return uuid !== undefined && mount.type === 'btrfs' ? `${uuid} ${pathInside(mount, realPath)}` : uuid;
}

/** The same however much of the file system is mounted, so that a service with bind mounts agrees with who is outside. */
function pathInside({ root, point }: Mount, realPath: string): string {
  return join(root, relative(point, realPath));
}

/** `8:1`, from the device number of a stat (the layout of gnu_dev_major and gnu_dev_minor in sysmacros.h). */
function numberOf(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

function blockNumber(source: string, { blocks }: IdPlaces): string | undefined {
  if (!source.startsWith('/dev/')) return undefined;
  return readText(join(blocks, basename(source), 'dev'))?.trim();
}

function uuidInDev(numbers: ReadonlySet<string>, { byUuid }: IdPlaces): string | undefined {
  return namesIn(byUuid).find((uuid) => {
    try {
      return numbers.has(numberOf(statPath(join(byUuid, uuid)).rdev));
    } catch {
      return false; // its disk has just gone
    }
  });
}

function uuidInUdev(numbers: ReadonlySet<string>, { udev }: IdPlaces): string | undefined {
  for (const number of numbers) {
    const [, uuid] = /^E:ID_FS_UUID=(.+)$/m.exec(readText(join(udev, `b${number}`)) ?? '') ?? [];
    if (uuid !== undefined) return uuid;
  }
  return undefined;
}

// An error costs more than all the rest of this, and a missing file is nothing special here.

function namesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
