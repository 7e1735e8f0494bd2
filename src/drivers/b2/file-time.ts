import { millisecondsFromSeconds, secondsFromMilliseconds } from '../metadata-time.js';

/** The metadata that says when the file was changed, in decimal seconds with nanoseconds. */
export const TIME_KEY = 'mtime';
/** The same in milliseconds: what Backblaze recommends, and rclone and its own tools read and write. */
const MILLIS = 'src_last_modified_millis';

/**
 * The pairs of file information for a time. Milliseconds alone where they say all of it; else the time itself beside them, so that
 * no digit is lost.
 */
export function infoOfTime(mtime: string): Record<string, string> {
  const millis = millisecondsFromSeconds(mtime);
  if (millis === undefined) return { [TIME_KEY]: mtime };
  return { [MILLIS]: millis, ...(secondsOf(millis) !== mtime && { [TIME_KEY]: mtime }) };
}

/** The same metadata with the time in seconds. Of two that differ the milliseconds count: another tool has set them since. */
export function timeInInfo(metaData: Readonly<Record<string, string>>): Record<string, string> {
  const { [MILLIS]: millis, [TIME_KEY]: mtime, ...others } = metaData;
  const seconds = millis === undefined ? undefined : secondsOf(millis);
  if (seconds === undefined) return { ...metaData };
  const isSame = mtime !== undefined && millisecondsFromSeconds(mtime) === millis;
  return { ...others, [TIME_KEY]: isSame ? mtime : seconds };
}

/** With nanoseconds, as a mirror writes them: `1700000000.123000000`. Undefined: it is no time. */
function secondsOf(millis: string): string | undefined {
  const seconds = secondsFromMilliseconds(millis);
  return seconds === undefined ? undefined : `${seconds}000000`;
}
