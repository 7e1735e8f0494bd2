import type { BigIntStats } from 'node:fs';

/** One version of a file, as far as the file system tells versions apart. */
export interface FileVersion {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
}

export function versionOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): FileVersion {
  return { size: Number(size), mtimeNs, ctimeNs, inode: ino };
}

export function isVersion(found: BigIntStats, expected: FileVersion): boolean {
  return (
    found.ino === expected.inode &&
    found.size === BigInt(expected.size) &&
    found.mtimeNs === expected.mtimeNs &&
    found.ctimeNs === expected.ctimeNs
  );
}
