import type { BigIntStats } from 'node:fs';

/**
 * Whether a folder has changed since a walk of the source began. A walk misses a file that moves from a folder that it
 * has not finished to one that it has passed; its old folder, or the nearest one above that remains, then has a
 * newer ctime when the walk ends. No program can set a ctime.
 */
export interface ChangedFolders {
  /** The stat of a folder, made after its names were read. */
  finished(stat: Pick<BigIntStats, 'ctimeNs'>): void;
  readonly changed: boolean;
}

/** File systems are this coarse (FAT), and a server's clock may differ a little. */
const TOLERANCE_MS = 2000;

/** `beganMs`: since the epoch. */
export function openChangedFolders(beganMs: number): ChangedFolders {
  const sinceNs = BigInt(Math.floor(beganMs - TOLERANCE_MS)) * 1_000_000n;
  let changed = false;
  return {
    finished({ ctimeNs }) {
      changed ||= ctimeNs >= sinceNs;
    },
    get changed() {
      return changed;
    },
  };
}
