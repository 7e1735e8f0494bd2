import type { ObjectName } from '../../state/object-index.js';
import { compareNames } from '../../utf8-order.js';
import type { Shard } from './shard.js';

/** Names from `after`, itself excluded, up to `upTo`, itself included. */
export interface NameRange {
  /** Empty: from the first name on. */
  readonly after: ObjectName;
  /** Undefined: to the last name. Empty, or equal to `after`: the range has no names. */
  readonly upTo: ObjectName | undefined;
}

/** The last names of all shards but the last, in order; empty: the shard ends before the first name. */
export type Cuts = readonly ObjectName[];

/**
 * What an object adds to its shard beside its bytes: reading a small object costs about as much as so many bytes of a large one
 * (its request, its record, its line).
 */
const OBJECT_WEIGHT = 128 * 1024;

/** How much of a shard an object of so many bytes makes up. */
export function weightOf(bytes: number): number {
  return OBJECT_WEIGHT + bytes;
}

/** Places the cuts of `shards` shards of equal weight. Pure but for what it collects. */
export interface Cutter {
  /** To be called for each name, in order. */
  add(name: ObjectName, weight: number): void;
  cuts(): Cuts;
}

/**
 * `total`: the weights of all names. An object belongs to the shard in which its middle lies, so that a shard is heavier than
 * its share by less than its largest object.
 */
export function createCutter(shards: number, total: number): Cutter {
  const lasts: (ObjectName | undefined)[] = Array.from({ length: shards });
  let sum = 0;
  return {
    add(name, weight) {
      const shard = Math.floor(((sum + weight / 2) / total) * shards);
      lasts[Math.min(shards - 1, shard)] = name;
      sum += weight;
    },
    cuts() {
      let last = '';
      return lasts.slice(0, -1).map((name) => {
        last = name ?? last;
        return last;
      });
    },
  };
}

/** The names of one shard. Those of all shards are disjoint, and every name is in one, also one that was not known. */
export function rangeOf(cuts: Cuts, { number, of }: Shard): NameRange {
  return {
    after: cuts[number - 2] ?? '',
    upTo: number === of ? undefined : (cuts[number - 1] ?? ''),
  };
}

export function isInRange({ after, upTo }: NameRange, name: ObjectName): boolean {
  return compareNames(name, after) > 0 && (upTo === undefined || compareNames(name, upTo) <= 0);
}

export function isEmptyRange({ after, upTo }: NameRange): boolean {
  return upTo !== undefined && compareNames(upTo, after) <= 0;
}
