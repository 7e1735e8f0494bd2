import { fitsInt64, joinTime, splitTime } from '../file-time.js';

/*
 * The times of an encoded record. Nearly all of them fit into 64-bit nanoseconds: layout 1. Those of ext4 from
 * 2262-04-11 on, and what Btrfs, XFS and tmpfs can hold, do not: layout 2 has seconds and nanoseconds, and
 * longshore versions that do not know it refuse it as newer.
 *
 *   layout 1   mtime i64 ns in the fixed part; ctime i64 ns behind it, where the flags say that it differs
 *   layout 2   mtime i64 s in the fixed part; behind it mtime u32 ns, ctime i64 s, ctime u32 ns
 */
export type TimesLayout = 1 | 2;

export interface RecordTimes {
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

const WIDE_BYTES = 16;
const WIDE_CTIME = 4;
const WIDE_CTIME_NS = 12;

export function timesLayout({ mtimeNs, ctimeNs }: RecordTimes): TimesLayout {
  return fitsInt64(mtimeNs) && fitsInt64(ctimeNs) ? 1 : 2;
}

/** Bytes behind the fixed part. */
export function timesBytes(layout: TimesLayout, ctimeDiffers: boolean): number {
  if (layout === 2) return WIDE_BYTES;
  return ctimeDiffers ? 8 : 0;
}

/** `fixedAt`: the mtime's place in the fixed part; `behindAt`: the end of the fixed part. */
export function writeTimes(
  bytes: Buffer,
  layout: TimesLayout,
  times: RecordTimes,
  fixedAt: number,
  behindAt: number,
): void {
  const { mtimeNs, ctimeNs } = times;
  if (layout === 1) {
    bytes.writeBigInt64LE(mtimeNs, fixedAt);
    if (ctimeNs !== mtimeNs) bytes.writeBigInt64LE(ctimeNs, behindAt);
    return;
  }
  const [mtime, ctime] = [splitTime(mtimeNs), splitTime(ctimeNs)];
  bytes.writeBigInt64LE(mtime.seconds, fixedAt);
  bytes.writeUInt32LE(mtime.nanoseconds, behindAt);
  bytes.writeBigInt64LE(ctime.seconds, behindAt + WIDE_CTIME);
  bytes.writeUInt32LE(ctime.nanoseconds, behindAt + WIDE_CTIME_NS);
}

export function readTimes(
  view: DataView,
  layout: TimesLayout,
  ctimeDiffers: boolean,
  fixedAt: number,
  behindAt: number,
): RecordTimes {
  const fixed = view.getBigInt64(fixedAt, true);
  if (layout === 1)
    return { mtimeNs: fixed, ctimeNs: ctimeDiffers ? view.getBigInt64(behindAt, true) : fixed };
  return {
    mtimeNs: joinTime({ seconds: fixed, nanoseconds: view.getUint32(behindAt, true) }),
    ctimeNs: joinTime({
      seconds: view.getBigInt64(behindAt + WIDE_CTIME, true),
      nanoseconds: view.getUint32(behindAt + WIDE_CTIME_NS, true),
    }),
  };
}
