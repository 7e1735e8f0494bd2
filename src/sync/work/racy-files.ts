import type { ObjectName } from '../../state/object-index.js';
import { granularityNs } from '../same-stat.js';

/**
 * Files whose times do not prove that they stayed what was hashed (see isRacy). Each is read again soon, and then proven by
 * two clocks that both only move on: a file that was seen with this ctime cannot be written to later than one tick of the
 * file system's clock without getting another one, so that what is read after that tick is what its times say. Our own wall
 * clock takes no part in that. It may be behind the file system's, as after it was set back or beside a file server, and
 * then the times alone would prove nothing for as long, and the file would be hashed again and again.
 */
export interface RacyFiles {
  /** The file was recorded with this ctime, and its record is racy. `nowMs`: on the monotonic clock. */
  seen(name: ObjectName, ctimeNs: bigint, nowMs: number): void;
  /**
   * When the content of the file counts as hashed, in milliseconds since the epoch: `hashedAtMs`, or so much later than its
   * ctime that the record is not racy any more. `fromMs`: before the first byte was read, on the monotonic clock.
   */
  hashedAtMs(name: ObjectName, ctimeNs: bigint, hashedAtMs: number, fromMs: number): number;
}

/** Files that are remembered, the latest. One that was forgotten is hashed once more than it need be. */
const MOST = 10_000;
const NS_PER_MS = 1_000_000;

export function createRacyFiles(): RacyFiles {
  const files = new Map<ObjectName, { readonly ctimeNs: bigint; readonly seenMs: number }>();

  return {
    seen(name, ctimeNs, nowMs) {
      const known = files.get(name);
      if (known?.ctimeNs === ctimeNs) return;
      const [oldest] = files.keys();
      if (known === undefined && files.size >= MOST && oldest !== undefined) files.delete(oldest);
      files.set(name, { ctimeNs, seenMs: nowMs });
    },
    hashedAtMs(name, ctimeNs, hashedAtMs, fromMs) {
      const known = files.get(name);
      if (known === undefined) return hashedAtMs;
      const tickNs = granularityNs(ctimeNs);
      const isProven =
        known.ctimeNs === ctimeNs && fromMs - known.seenMs > Number(tickNs) / NS_PER_MS;
      if (isProven || known.ctimeNs !== ctimeNs) files.delete(name);
      const provenAtMs = Math.ceil(Number(ctimeNs + tickNs) / NS_PER_MS) + 1;
      return isProven ? Math.max(hashedAtMs, provenAtMs) : hashedAtMs;
    },
  };
}
