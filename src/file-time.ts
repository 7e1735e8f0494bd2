/** A moment of a file system: whole seconds since the epoch (negative before it), and 0 to 999,999,999 ns after that. */
export interface FileTime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

const NS_PER_SECOND = 1_000_000_000n;
const LARGEST_INT64 = 2n ** 63n - 1n;

/**
 * Whether nanoseconds since the epoch fit into a signed 64-bit integer: from 1677 to 2262-04-11. ext4 counts until 2446,
 * XFS until 2486, Btrfs and tmpfs have 64-bit seconds.
 */
export function fitsInt64(ns: bigint): boolean {
  return ns <= LARGEST_INT64 && ns >= -LARGEST_INT64 - 1n;
}

/** Nanoseconds since the epoch as what a 64-bit and a 32-bit integer hold for each time that Linux has (timespec64). */
export function splitTime(ns: bigint): FileTime {
  const rest = ns % NS_PER_SECOND;
  const nanoseconds = rest < 0n ? rest + NS_PER_SECOND : rest;
  return { seconds: (ns - nanoseconds) / NS_PER_SECOND, nanoseconds: Number(nanoseconds) };
}

/** The reverse of splitTime. */
export function joinTime({ seconds, nanoseconds }: FileTime): bigint {
  return seconds * NS_PER_SECOND + BigInt(nanoseconds);
}

/** Node sets times to the microsecond (uv_fs_utime takes seconds as a double), so equal ones may differ by less than two. */
const SET_TIME_TOLERANCE_NS = 2_000n;

/** Whether a file's time can be this one after it was set by us; nanoseconds since the epoch. */
export function isSetTime(found: bigint, wanted: bigint): boolean {
  const difference = found > wanted ? found - wanted : wanted - found;
  return difference < SET_TIME_TOLERANCE_NS;
}

const NS_PER_MICROSECOND = 1_000n;

/**
 * Whether a file can have got its time from another one that it is a copy of, as by a restore: it has whole microseconds, and
 * those of the other one. What is kept with an object need not be changed for that.
 */
export function isCopiedTime(found: bigint, original: bigint): boolean {
  if (found === original) return true;
  const difference = found > original ? found - original : original - found;
  return found % NS_PER_MICROSECOND === 0n && difference < NS_PER_MICROSECOND;
}
