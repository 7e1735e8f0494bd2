import { closeSync, constants, openSync, readSync } from 'node:fs';
import { statDescriptor } from '../file-stat.js';

/** Reads `length` bytes of a disk from byte `at` on. */
export type ReadAt = (at: number, length: number) => Buffer;

/** Where a file system keeps its UUID, as blkid(8) finds it. Undefined: the magic number is not there. */
type Layout = (read: ReadAt) => string | undefined;

const LARGEST_FIELD = 16;

const ext: Layout = (read) =>
  read(1024 + 56, 2).readUInt16LE() === 0xef53
    ? uuidText(read(1024 + 104, LARGEST_FIELD))
    : undefined;
const ntfs: Layout = (read) =>
  magicAt(read, 3, 'NTFS    ') ? hex(read(72, 8).reverse()).toUpperCase() : undefined;

const LAYOUTS: Readonly<Record<string, Layout>> = {
  ext2: ext,
  ext3: ext,
  ext4: ext,
  xfs: (read) => (magicAt(read, 0, 'XFSB') ? uuidText(read(32, LARGEST_FIELD)) : undefined),
  btrfs: (read) =>
    magicAt(read, 65_536 + 64, '_BHRfS_M') ? uuidText(read(65_536 + 32, LARGEST_FIELD)) : undefined,
  f2fs: (read) =>
    read(1024, 4).readUInt32LE() === 0xf2f52010
      ? uuidText(read(1024 + 108, LARGEST_FIELD))
      : undefined,
  // A FAT32 has no sectors per FAT in its old place, and its serial number behind a longer header.
  vfat: (read) =>
    read(510, 2).readUInt16LE() === 0xaa55
      ? serialText(read(read(22, 2).readUInt16LE() === 0 ? 67 : 39, 4))
      : undefined,
  exfat: (read) => (magicAt(read, 3, 'EXFAT   ') ? serialText(read(100, 4)) : undefined),
  ntfs3: ntfs,
  fuseblk: ntfs,
};

/** The UUID in the superblock of a file system of this type (as mounts name it); undefined where none is known or there. */
export function uuidInSuperblock(type: string, read: ReadAt): string | undefined {
  return LAYOUTS[type]?.(read);
}

/**
 * The same, of the disk under one of these paths. Takes the right to read the disk (root, as a rule); undefined without.
 * `device`: the number of the file system, which must be the disk's; Btrfs has numbers of its own.
 */
export function uuidOfDisk(
  type: string,
  paths: readonly string[],
  device: bigint,
): string | undefined {
  if (LAYOUTS[type] === undefined) return undefined;
  for (const path of paths) {
    try {
      const uuid = withDisk(path, type === 'btrfs' ? undefined : device, (read) =>
        uuidInSuperblock(type, read),
      );
      if (uuid !== undefined) return uuid;
    } catch {
      // Not readable, gone, or no disk: another path or another sign has to tell.
    }
  }
  return undefined;
}

function withDisk<T>(
  path: string,
  device: bigint | undefined,
  use: (read: ReadAt) => T,
): T | undefined {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = statDescriptor(descriptor);
    if (!stat.isBlockDevice() || (device !== undefined && stat.rdev !== device)) return undefined;
    return use((at, length) => {
      const bytes = Buffer.alloc(length);
      readSync(descriptor, bytes, 0, length, at);
      return bytes;
    });
  } finally {
    closeSync(descriptor);
  }
}

function magicAt(read: ReadAt, at: number, magic: string): boolean {
  return read(at, magic.length).toString('latin1') === magic;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function uuidText(bytes: Buffer): string {
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** `1234-ABCD`, from four bytes, little-endian. */
function serialText(bytes: Buffer): string {
  return hex(bytes.reverse())
    .toUpperCase()
    .replace(/^(.{4})/, '$1-');
}
