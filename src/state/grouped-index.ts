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
 * An index over an engine's store. Writes are kept here until they are durable, so that they are read back at once; all
 * that come in while a commit is under way go into the next one. When a commit fails, every write that is not durable
 * yet rejects and is forgotten: what is read is then what is on disk. A caller that does not await its puts holds them
 * all in memory.
 */
export function groupedIndex(store: RecordStore, location: string): ObjectIndex {
  const unwritten = new Map<ObjectName, Unwritten>();
  /** The names in `unwritten` by the inode of their records: looked up for each file that has no record. */
  const unwrittenOf = new Map<bigint, Set<ObjectName>>();
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
    dropUnwritten(name);
    unwritten.set(name, { record, adds, batch });
    if (record)
      unwrittenOf.set(record.inode, (unwrittenOf.get(record.inode) ?? new Set()).add(name));
    batch.changes.set(name, change);
    writing ??= writeQueued();
    await batch.durable;
  }

  function dropUnwritten(name: ObjectName): void {
    const inode = unwritten.get(name)?.record?.inode;
    unwritten.delete(name);
    if (inode === undefined) return;
    const names = unwrittenOf.get(inode);
    names?.delete(name);
    if (names?.size === 0) unwrittenOf.delete(inode);
  }

  function newBatch(): Batch {
    const { promise, ...settle } = withResolvers();
    promise.catch(() => undefined); // whoever wrote awaits it; nobody else need
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
        failpoint('state: index committed, writers not told');
        stored = store.count();
        forget(batch);
        batch.settle.resolve();
      } catch (error) {
        const failed = [batch, ...queue];
        queue = [];
        unwritten.clear();
        unwrittenOf.clear();
        stored = store.count();
        added = 0;
        for (const { settle } of failed) settle.reject(error);
      }
    }
    writing = undefined;
  }

  /** The batch is in the store now. Names written again since then stay, counted from what the store has now. */
  function forget(batch: Batch): void {
    for (const [name, { put }] of batch.changes) {
      const pending = unwritten.get(name);
      if (pending === undefined) continue;
      added -= pending.adds;
      if (pending.batch === batch) {
        dropUnwritten(name);
        continue;
      }
      const adds = Number(pending.record !== undefined) - Number(put !== undefined);
      added += adds;
      unwritten.set(name, { ...pending, adds });
    }
  }

  function* entries(range: IndexRange = {}): Generator<readonly [ObjectName, ObjectRecord]> {
    const changes = [...unwritten]
      .filter(([name]) => inRange(name, range))
      .sort(([a], [b]) => compareNames(a, b))
      .map(([name, { record }]) => [name, record] as const);
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
      const kept = [...store.namesOfInode(inode)].filter((name) => !unwritten.has(name));
      const pending = unwrittenOf.get(inode);
      return pending === undefined ? kept : [...kept, ...pending].sort(compareNames);
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
