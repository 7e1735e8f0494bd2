import { type BigIntStats, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { statPath } from '../file-stat.js';
import { birthTimeOf } from './birth-time.js';
import { fsidOf } from './fsid.js';
import { isNetworkType, type Mount, mountOf, readMounts } from './network-file-system.js';
import { uuidOfDisk } from './superblock.js';

/** Where Linux describes file systems to every user. */
export interface IdPlaces {
  readonly mounts: readonly Mount[];
  /** Links named by UUID, one for each block device with a file system: what udev makes of /dev. */
  readonly byUuid: string;
  /** The same from udev's database, which a service with a private /dev still sees. */
  readonly udev: string;
  /** Block devices by name, each with its number in `dev`. */
  readonly blocks: string;
  /** The same by number, each with its name in `uevent`. */
  readonly numbers: string;
  /** The folder of the devices themselves. */
  readonly devices: string;
}

const LINUX = {
  byUuid: '/dev/disk/by-uuid',
  udev: '/run/udev/data',
  blocks: '/sys/class/block',
  numbers: '/sys/dev/block',
  devices: '/dev',
} as const;

/** Distinguishes a folder and its file system from others with the same device number and inode. */
export interface FolderMarks {
  /** See fileSystemId. */
  readonly fileSystemUuid?: string;
  /** Of the folder; nanoseconds since the epoch. */
  readonly birthTimeNs?: bigint;
  /** See fsidOf; used where neither a UUID nor an exact birth time identifies it. */
  readonly fsid?: string;
}

/** All fields that are available without rights beyond a stat of the folder. `stat` is that of `realPath`. */
export function marksOf(
  realPath: string,
  stat: Pick<BigIntStats, 'dev' | 'birthtimeNs'>,
  known: IdPlaces = { ...LINUX, mounts: readMounts() },
): FolderMarks {
  const type = mountOf(realPath, known.mounts)?.type;
  if (type === undefined) return {};
  const fileSystemUuid = fileSystemId(realPath, stat.dev, known);
  const birthTimeNs = birthTimeOf(type, stat);
  // mkfs sets the top folder's birth time in whole seconds, and disks are formatted one after the other.
  const isIdentified =
    fileSystemUuid !== undefined ||
    (birthTimeNs !== undefined && birthTimeNs % NS_PER_SECOND !== 0n);
  const fsid = isIdentified ? undefined : fsidOf(type, realPath);
  return {
    ...(fileSystemUuid !== undefined && { fileSystemUuid }),
    ...(birthTimeNs !== undefined && { birthTimeNs }),
    ...(fsid !== undefined && { fsid }),
  };
}

const NS_PER_SECOND = 1_000_000_000n;

/**
 * What a file system keeps when it is mounted again, at another place or under another device number: its UUID; of a
 * network share or a ZFS data set, which have none, its type and name. Of Btrfs, whose subvolumes have one UUID and the
 * same inodes where one is a snapshot of the other, also the path inside it. Undefined where none of that can be had.
 */
export function fileSystemId(
  realPath: string,
  device: bigint,
  known: IdPlaces,
): string | undefined {
  const mount = mountOf(realPath, known.mounts);
  if (mount === undefined) return undefined;
  if (mount.type === 'zfs' || isNetworkType(mount.type)) return `${mount.type} ${mount.source}`;
  // Some file systems, as Btrfs, have device numbers of their own, and the number of their disk is that of the mount's source.
  const numbers = new Set(
    [numberOf(device), mount.device, blockNumber(mount.source, known)].filter(
      (number) => number !== undefined,
    ),
  );
  const uuid =
    uuidInUdev(numbers, known) ??
    uuidInDev(numbers, known) ??
    uuidOfDisk(mount.type, diskPaths(mount, known), device);
  return uuid !== undefined && mount.type === 'btrfs'
    ? `${uuid} ${pathInside(mount, realPath)}`
    : uuid;
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

/** Where the device under a mount may be. What a container calls its root is often not there (`/dev/root`). */
function diskPaths({ source, device }: Mount, { numbers, devices }: IdPlaces): readonly string[] {
  const [, name] = /^DEVNAME=(.+)$/m.exec(readText(join(numbers, device, 'uevent')) ?? '') ?? [];
  return [
    ...(source.startsWith('/') ? [source] : []),
    ...(name === undefined ? [] : [join(devices, name)]),
  ];
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
