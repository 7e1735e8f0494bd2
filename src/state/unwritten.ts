import { compareNames } from '../utf8-order.js';
import { inRange } from './name-key.js';
import type { IndexRange, ObjectName, ObjectRecord } from './object-index.js';
import type { Change } from './record-store.js';

/** Writes that are committed together. */
export interface WriteBatch {
  readonly changes: Map<ObjectName, Change>;
  readonly durable: Promise<void>;
}

/** A write that is not durable yet, and the number of names that it adds (-1, 0 or 1). */
interface Unwritten {
  readonly record: ObjectRecord | undefined;
  readonly adds: number;
  readonly batch: WriteBatch;
}

/** The writes that are not durable yet, by name; and their names by inode, which a scan looks up for each new file. */
export function createUnwritten() {
  const byName = new Map<ObjectName, Unwritten>();
  const namesOf = new Map<bigint, Set<ObjectName>>();

  function remove(name: ObjectName): void {
    const inode = byName.get(name)?.record?.inode;
    byName.delete(name);
    if (inode === undefined) return;
    const names = namesOf.get(inode);
    names?.delete(name);
    if (names?.size === 0) namesOf.delete(inode);
  }

  return {
    get: (name: ObjectName) => byName.get(name),
    set(name: ObjectName, write: Unwritten): void {
      remove(name);
      byName.set(name, write);
      const inode = write.record?.inode;
      if (inode !== undefined) namesOf.set(inode, (namesOf.get(inode) ?? new Set()).add(name));
    },
    /**
     * Drops the writes of a committed batch. Names that were written again stay, counted against the new store. Returns
     * the change of the number of names that all writes add.
     */
    forget(batch: WriteBatch): number {
      let change = 0;
      for (const [name, { put }] of batch.changes) {
        const pending = byName.get(name);
        if (pending === undefined) continue;
        change -= pending.adds;
        if (pending.batch === batch) {
          remove(name);
          continue;
        }
        const adds = Number(pending.record !== undefined) - Number(put !== undefined);
        change += adds;
        byName.set(name, { record: pending.record, adds, batch: pending.batch });
      }
      return change;
    },
    clear(): void {
      byName.clear();
      namesOf.clear();
    },
    namesOfInode: (inode: bigint): ReadonlySet<ObjectName> => namesOf.get(inode) ?? new Set(),
    /** Names and records (undefined: removed) in the range, by name. */
    within: (range: IndexRange) =>
      [...byName]
        .filter(([name]) => inRange(name, range))
        .sort(([a], [b]) => compareNames(a, b))
        .map(([name, { record }]) => [name, record] as const),
  };
}

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
