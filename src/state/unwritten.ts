import { compareNames } from '../utf8-order.js';
import { inRange } from './name-key.js';
import type { IndexRange, ObjectName, ObjectRecord } from './object-index.js';
import type { Change } from './record-store.js';

/** A write that is not durable yet. */
export interface Unwritten extends Change {
  /** That of the write that came last. */
  put: Change['put'];
}

/** The writes that are not durable yet, by name; the latest of each. */
export function createUnwritten<Write extends Unwritten>() {
  const byName = new Map<ObjectName, Write>();
  /** By inode, from the first question on until nothing is unwritten: only a scan that may find renamed files asks. */
  let byInode: Map<bigint, Set<ObjectName>> | undefined;

  function noteInode({ name, put }: Change): void {
    if (byInode === undefined || put === undefined) return;
    const { inode } = put.record;
    const names = byInode.get(inode);
    if (names === undefined) byInode.set(inode, new Set([name]));
    else names.add(name);
  }

  function forgetInode({ name, put }: Change): void {
    if (byInode === undefined || put === undefined) return;
    const { inode } = put.record;
    const names = byInode.get(inode);
    names?.delete(name);
    if (names?.size === 0) byInode.delete(inode);
  }

  return {
    get: (name: ObjectName) => byName.get(name),
    /** `earlier`: the write of this name that there is. */
    set(write: Write, earlier: Write | undefined): void {
      if (earlier !== undefined) forgetInode(earlier);
      byName.set(write.name, write);
      noteInode(write);
    },
    /** The write is another one before it was begun. */
    replace(write: Write, put: Change['put']): void {
      forgetInode(write);
      write.put = put;
      noteInode(write);
    },
    /** Drops writes that are durable. Names that were written again stay. */
    forget(writes: readonly Write[]): void {
      for (const write of writes) {
        if (byName.get(write.name) !== write) continue;
        byName.delete(write.name);
        forgetInode(write);
      }
      if (byName.size === 0) byInode = undefined;
    },
    clear(): void {
      byName.clear();
      byInode = undefined;
    },
    namesOfInode(inode: bigint): ReadonlySet<ObjectName> {
      if (byInode === undefined && byName.size > 0) {
        byInode = new Map();
        for (const write of byName.values()) noteInode(write);
      }
      return byInode?.get(inode) ?? NONE;
    },
    /** Names and records (undefined: removed) in the range, by name. */
    within: (range: IndexRange) =>
      [...byName]
        .filter(([name]) => inRange(name, range))
        .sort(([a], [b]) => compareNames(a, b))
        .map(([name, { put }]) => [name, put?.record] as const),
  };
}

const NONE: ReadonlySet<ObjectName> = new Set();

/** Merges ordered entries with ordered changes to them. */
export function* overlay(
  stored: Iterable<readonly [ObjectName, ObjectRecord]>,
  changes: readonly (readonly [ObjectName, ObjectRecord | undefined])[],
): Generator<readonly [ObjectName, ObjectRecord]> {
  let at = 0;
  for (const entry of stored) {
    let replaced = false;
    for (let change = changes[at]; change !== undefined; change = changes[at]) {
      const order = compareNames(change[0], entry[0]);
      if (order > 0) break;
      at++;
      replaced = order === 0;
      const [name, record] = change;
      if (record !== undefined) yield [name, record];
    }
    if (!replaced) yield entry;
  }
  for (const [name, record] of changes.slice(at)) if (record !== undefined) yield [name, record];
}
