import type { ObjectRecord } from '../state/object-index.js';
import type { LocalEntry } from '../watcher/entry.js';

/** Whether the file has the stat of its record. */
export function sameStat(entry: LocalEntry, known: ObjectRecord): boolean {
  return (
    entry.size === known.size &&
    entry.mtimeNs === known.mtimeNs &&
    entry.ctimeNs === known.ctimeNs &&
    entry.inode === known.inode &&
    entry.kind === known.kind
  );
}

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
/** Linux stamps files with the time of the last kernel tick: up to 10 ms old (CONFIG_HZ=100). Five ticks, to be safe. */
const TICK_NS = 50n * NS_PER_MS;
/** FAT keeps even seconds, HFS+ and ext3 whole ones. A time without a fraction is taken for one of those. */
const COARSE_NS = 2n * NS_PER_SECOND;
/** More than the coarsest of them. */
const LONG_AGO_MS = 3_000;

/**
 * Whether the file may have been written after it was hashed without its times showing it: its last change is so close
 * to the moment of hashing that the file system's clock may not have ticked between them. (Git calls such index entries
 * "racily clean": Documentation/technical/racy-git.txt.) The ctime decides, because every write moves it and no program can
 * set it: a file with a modification time in the future is not hashed again at each scan.
 */
export function isRacy(known: Pick<ObjectRecord, 'ctimeNs' | 'hashedAtMs'>): boolean {
  // Most files are older by far; numbers are exact enough to see that, and cheaper.
  if (Number(known.ctimeNs) / 1e6 + LONG_AGO_MS < known.hashedAtMs) return false;
  return known.ctimeNs + granularityNs(known.ctimeNs) >= BigInt(known.hashedAtMs) * NS_PER_MS;
}

/** So long after this ctime a write may still leave it the same; nanoseconds. */
export function granularityNs(ctimeNs: bigint): bigint {
  return ctimeNs % NS_PER_SECOND === 0n ? COARSE_NS : TICK_NS;
}
