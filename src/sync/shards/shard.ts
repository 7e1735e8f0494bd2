/** One of several parts of a mirror that are worked on apart from each other, by any number of machines. */
export interface Shard {
  /** From 1 to `of`. */
  readonly number: number;
  readonly of: number;
}

/** More would make the shards smaller than the pieces in which objects are read. */
export const MOST_SHARDS = 1_000;

/** The shard that `K/N` names; undefined: it names none. */
export function parseShard(text: string): Shard | undefined {
  const [, number, of] = /^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? [];
  const shard = { number: Number(number), of: Number(of) };
  return shard.number <= shard.of && shard.of <= MOST_SHARDS ? shard : undefined;
}

/** As `parseShard` reads it. */
export function shardText({ number, of }: Shard): string {
  return `${number}/${of}`;
}
