import type { BigIntStats } from 'node:fs';

/** What tells one version of a file from another. */
export interface FileStat {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
}

export function isSameFile(found: BigIntStats, expected: FileStat): boolean {
  return (
    found.ino === expected.inode &&
    found.size === BigInt(expected.size) &&
    found.mtimeNs === expected.mtimeNs &&
    found.ctimeNs === expected.ctimeNs
  );
}
