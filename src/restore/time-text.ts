import { secondsText } from '../sync/store/object-metadata.js';

/**
 * A time as Node's `utimes` takes it so that a file gets all of its microseconds: seconds as text, since a negative number
 * would be the time of day. libuv makes a double of it and cuts that off (uv__fs_to_timespec), so the text is in the middle of
 * the microsecond. Node sets no time more precisely.
 */
export function timeText(ns: bigint): string {
  const microseconds = ns / 1000n;
  return secondsText(microseconds * 1000n + (ns < 0n ? -500n : 500n));
}
