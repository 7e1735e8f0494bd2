import type { SnapshotRule } from '../snapshot-rule.js';

/** A mirror with fewer records and fewer bytes is rebuilt by hashing its files before anybody has looked for a snapshot. */
const MANY_RECORDS = 1_000;
const MANY_BYTES = 1024 ** 3;

/** A reconcile on a timer is never exactly as late as the one before it: this share of the interval is enough. */
const SHARE = 0.9;

/**
 * Whether a snapshot is to be made now. `lastMs`: when the last one was, undefined for never; `records`, `bytes`: of the mirror.
 * A last one in the future is from before the clock was set back.
 */
export function isSnapshotDue(
  { everyMs, ofSmall }: SnapshotRule,
  mirror: { readonly records: number; readonly bytes: number },
  lastMs: number | undefined,
  nowMs: number,
): boolean {
  const { records, bytes } = mirror;
  if (records === 0) return false;
  if (!ofSmall && records < MANY_RECORDS && bytes < MANY_BYTES) return false;
  return lastMs === undefined || lastMs > nowMs || nowMs - lastMs >= everyMs * SHARE;
}
