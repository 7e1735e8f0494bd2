import type { ObjectName } from '../../state/object-index.js';
import type { ReadableSnapshot } from '../../state/read-snapshot.js';
import type { SnapshotRow } from '../../state/snapshot-format.js';
import { compareNames } from '../../utf8-order.js';
import {
  createCutter,
  isEmptyRange,
  isInRange,
  type NameRange,
  rangeOf,
  weightOf,
} from './cuts.js';
import type { Shard } from './shard.js';

/** What a shard is to work on, by an index snapshot: the same on every machine that has the same snapshot. */
export interface ShardPlan {
  readonly range: NameRange;
  /** Of the objects of the snapshot in the range that are wanted. */
  readonly bytes: number;
}

/**
 * Cuts the names of a snapshot into shards of equal weight. `wanted`: names that count. Rejects with UnusableSnapshotError, and
 * with the reason of `signal`. Memory holds a block of the snapshot.
 */
export async function planShard(
  snapshot: Pick<ReadableSnapshot, 'blocks'>,
  shard: Shard,
  wanted: (name: ObjectName) => boolean,
  signal: AbortSignal,
): Promise<ShardPlan> {
  let total = 0;
  for await (const { weight } of weighed(snapshot, wanted, signal)) total += weight;
  const cutter = createCutter(shard.of, total);
  for await (const { name, weight } of weighed(snapshot, wanted, signal)) cutter.add(name, weight);
  const range = rangeOf(cutter.cuts(), shard);
  let bytes = 0;
  for await (const [name, record] of rowsInRange(snapshot, range)) {
    signal.throwIfAborted();
    if (wanted(name)) bytes += record?.size ?? 0;
  }
  return { range, bytes };
}

async function* weighed(
  snapshot: Pick<ReadableSnapshot, 'blocks'>,
  wanted: (name: ObjectName) => boolean,
  signal: AbortSignal,
): AsyncGenerator<{ readonly name: ObjectName; readonly weight: number }, void> {
  for await (const rows of snapshot.blocks()) {
    signal.throwIfAborted();
    for (const [name, record] of rows)
      if (wanted(name)) yield { name, weight: weightOf(record?.size ?? 0) };
  }
}

/** The rows of a snapshot whose names are in a range, in order. Rejects as `blocks` does. */
export async function* rowsInRange(
  snapshot: Pick<ReadableSnapshot, 'blocks'>,
  range: NameRange,
): AsyncGenerator<SnapshotRow, void> {
  if (isEmptyRange(range)) return;
  const { upTo } = range;
  for await (const rows of snapshot.blocks())
    for (const row of rows) {
      if (upTo !== undefined && compareNames(row[0], upTo) > 0) return;
      if (isInRange(range, row[0])) yield row;
    }
}
