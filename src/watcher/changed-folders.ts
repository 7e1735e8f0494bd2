import type { BigIntStats } from 'node:fs';

/**
 * Whether a folder has changed since a walk of the source began. A file that moves from a folder which the walk has not
 * finished to one that it has passed is met in neither, and its old folder, or the nearest one above that is left, shows a
 * newer ctime when the walk comes to its end. Nobody can set a ctime.
 */
export interface ChangedFolders {
  /** The stat of a folder, made after its names were looked at. */
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
