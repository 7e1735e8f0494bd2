import { MOST_SHARDS, parseShard, type Shard } from '../sync/shards/shard.js';
import { UsageError } from './exit.js';

/** The value of `--shard`. @throws UsageError */
export function shardOption(text: string): Shard {
  const shard = parseShard(text);
  if (shard !== undefined) return shard;
  throw new UsageError(
    `--shard: expected K/N, the Kth of N shards, such as 3/16, with N up to ${MOST_SHARDS}, got ${JSON.stringify(text)}`,
  );
}
