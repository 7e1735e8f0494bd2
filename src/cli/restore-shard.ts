import { listCurrent } from '../restore/list-current.js';
import type { RestoreSource } from '../restore/restore-context.js';
import { openRestoreShard, type RestoreShard, sourcesOfShard } from '../restore/restore-shard.js';
import { openSelection, type Selection } from '../restore/selection.js';
import { shareLinks } from '../restore/shard-links.js';
import type { ObjectName, ObjectRecord } from '../state/object-index.js';
import type { ReadableSnapshot } from '../state/read-snapshot.js';
import type { SnapshotRow } from '../state/snapshot-format.js';
import { isInRange } from '../sync/shards/cuts.js';
import { listRange } from '../sync/shards/list-range.js';
import { planShard } from '../sync/shards/plan-shard.js';
import { snapshotId } from '../sync/shards/report-format.js';
import { type Shard, shardText } from '../sync/shards/shard.js';
import { inOrder } from '../verify/compare-listing.js';
import type { PlaceCommand } from './open-place.js';
import type { RestoredShard } from './restore-report.js';

/** What one shard of a place restores. */
export interface ShardSources {
  readonly list: (selection: Selection, signal: AbortSignal) => AsyncIterable<RestoreSource>;
  readonly of: RestoredShard;
  readonly others: RestoreShard;
  readonly recordOf: (name: ObjectName) => Promise<ObjectRecord | undefined>;
  /** Those of the texts that no object of any shard matches. */
  missing(texts: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  close(): void;
}

/**
 * Cuts what is asked for by the index snapshot; `paths`: see openSelection. Rejects as the driver and the disk do, and with
 * UnusableSnapshotError.
 */
export async function openShardSources(
  { place, backend, signal }: PlaceCommand,
  snapshot: ReadableSnapshot,
  shard: Shard,
  paths: readonly string[],
): Promise<ShardSources> {
  const { has: wanted } = openSelection(paths);
  const { range } = await planShard(snapshot, shard, wanted, signal);
  const isOurs = (name: ObjectName) => isInRange(range, name);
  const sharded = { backend, mirror: place, range, wanted };
  const others = await openRestoreShard(sharded, signal);
  const links = await shareLinks(wantedRows(snapshot, wanted), isOurs);
  return {
    of: {
      shard: shardText(shard),
      snapshot: snapshotId(snapshot),
      madeAt: snapshot.header.madeAt,
    },
    others,
    recordOf: snapshot.find,
    list(selection, within) {
      const listed = listRange(backend, place, range, within, selection.prefixes);
      const ordered = inOrder(listed, backend.capabilities.listingOrder);
      return sourcesOfShard(sharded, asked(ordered, selection), links, within);
    },
    async missing(texts, within) {
      const missing: string[] = [];
      for (const text of texts)
        if (!(await isThere(listCurrent(backend, place, openSelection([text]), within))))
          missing.push(text);
      return missing;
    },
    close: links.close,
  };
}

async function* wantedRows(
  snapshot: Pick<ReadableSnapshot, 'blocks'>,
  wanted: (name: ObjectName) => boolean,
): AsyncGenerator<SnapshotRow, void> {
  for await (const rows of snapshot.blocks()) for (const row of rows) if (wanted(row[0])) yield row;
}

async function* asked(
  listed: AsyncIterable<Pick<RestoreSource, 'name' | 'info'>>,
  selection: Selection,
): AsyncGenerator<RestoreSource, void> {
  for await (const { name, info } of listed)
    if (selection.has(name)) yield { name, info, isCurrent: true };
}

async function isThere(listed: AsyncIterable<RestoreSource>): Promise<boolean> {
  for await (const _ of listed) return true;
  return false;
}
