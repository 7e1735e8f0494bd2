import { setImmediate as nextTurn } from 'node:timers/promises';
import { failpoint } from '../failpoint.js';
import { compareNames } from '../utf8-order.js';
import { inRange } from './name-key.js';
import type { IndexRange, ObjectIndex, ObjectName, ObjectRecord } from './object-index.js';
import { type Change, changeOf, type RecordStore } from './record-store.js';

/** Names per commit: large enough that the disk's flush is shared, small enough that encoding them takes no 50 ms. */
const LARGEST_COMMIT = 5_000;

interface Batch {
  readonly changes: Map<ObjectName, Change>;
  readonly durable: Promise<void>;
  readonly settle: { resolve(): void; reject(error: unknown): void };
}

/** A write that is not durable yet, and the number of names that it adds (-1, 0 or 1). */
interface Unwritten {
  readonly record: ObjectRecord | undefined;
  readonly adds: number;
  readonly batch: Batch;
}

/**
 * An index over a store. Writes stay in memory until they are durable, so that reads see them at once; the writes that
 * come in during a commit share the next one. When a commit fails, each write that is not durable yet rejects and is
 * dropped: reads then return what is on disk. A caller that does not await its writes holds them all in memory.
 */
export function groupedIndex(store: RecordStore, location: string): ObjectIndex {
  const unwritten = createUnwritten();
  let queue: Batch[] = [];
  let latest: Batch | undefined;
  let stored = store.count();
  let added = 0;
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  async function write(name: ObjectName, record: ObjectRecord | undefined): Promise<void> {
    if (closing !== undefined) throw new Error(`the index in ${location} is closed`);
    // Refuses what cannot be kept before others share its commit.
    const change = changeOf(name, record);
    const last = queue.at(-1);
    const batch = last !== undefined && last.changes.size < LARGEST_COMMIT ? last : newBatch();
    const earlier = unwritten.get(name);
    // The store may have an earlier write of this name already while its commit is still being reported.
    const inStore =
      earlier === undefined
        ? Number(store.has(name))
        : Number(earlier.record !== undefined) - earlier.adds;
    const adds = Number(record !== undefined) - inStore;
    added += adds - (earlier?.adds ?? 0);
    unwritten.set(name, { record, adds, batch });
    batch.changes.set(name, change);
    writing ??= writeQueued();
    await batch.durable;
  }

  function newBatch(): Batch {
    const { promise, ...settle } = withResolvers();
    promise.catch(() => undefined); // only the writers of the batch await it
    const batch = { changes: new Map(), durable: promise, settle };
    queue.push(batch);
    latest = batch;
    return batch;
  }

  async function writeQueued(): Promise<void> {
    await nextTurn(); // the writes of this turn share a commit
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      try {
        await store.commit(batch.changes);
        failpoint('state: index committed, writers not notified');
        stored = store.count();
        added += unwritten.forget(batch);
        batch.settle.resolve();
      } catch (error) {
        const failed = [batch, ...queue];
        queue = [];
        unwritten.clear();
        stored = store.count();
        added = 0;
        for (const { settle } of failed) settle.reject(error);
      }
    }
    writing = undefined;
  }

  function* entries(range: IndexRange = {}): Generator<readonly [ObjectName, ObjectRecord]> {
    const changes = unwritten.within(range);
    yield* overlay(store.entries(range), changes);
  }

  return {
    engine: store.engine,
    get(name) {
      const pending = unwritten.get(name);
      return pending === undefined ? store.get(name) : pending.record;
    },
    entries: (range) => entries(range),
    namesOfInode(inode) {
      const kept = [...store.namesOfInode(inode)].filter(
        (name) => unwritten.get(name) === undefined,
      );
      const pending = unwritten.namesOfInode(inode);
      return pending.size === 0 ? kept : [...kept, ...pending].sort(compareNames);
    },
    put: write,
    remove: (name) => write(name, undefined),
    count: () => stored + added,
    async flush() {
      if (writing !== undefined) await latest?.durable;
    },
    close() {
      closing ??= (async () => {
        await writing;
        await store.close();
      })();
      return closing;
    },
  };
}

/** The writes that are not durable yet, by name; and their names by inode, which a scan looks up for each new file. */
function createUnwritten() {
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
    delete: remove,
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
    forget(batch: Batch): number {
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
        byName.set(name, { ...pending, adds });
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
function* overlay(
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

function withResolvers(): {
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: unknown) => void;
} {
  let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (settle === undefined) throw new Error('unreachable: a promise calls its executor at once');
  return { promise, ...settle };
}
