import { setImmediate as nextTurn } from 'node:timers/promises';
import { failpoint } from '../failpoint.js';
import { compareNames } from '../utf8-order.js';
import type { IndexRange, ObjectIndex, ObjectName, ObjectRecord } from './object-index.js';
import { type NewRecord, newRecord, type RecordStore } from './record-store.js';
import { createUnwritten, overlay, type Unwritten } from './unwritten.js';

/** Names per commit: large enough that the disk's flush is shared, small enough that encoding them takes no 50 ms. */
const LARGEST_COMMIT = 5_000;

/**
 * An index over a store. Writes stay in memory until they are durable, so that reads see them at once; the writes that
 * come in during a commit share the next one. When a commit fails, each write that is not durable yet rejects and is
 * dropped: reads then return what is on disk. A caller that does not await its writes holds them all in memory.
 */
export function groupedIndex(store: RecordStore, location: string): ObjectIndex {
  const unwritten = createUnwritten<QueuedWrite>();
  const commits = createCommits(store, unwritten);
  let closing: Promise<void> | undefined;

  function refuseIfClosed(): void {
    if (closing !== undefined) throw new Error(`the index in ${location} is closed`);
  }

  /** `stored`: the inode of the record that the store has of this name now; undefined: it has none. */
  function add(
    batch: QueuedBatch,
    { name, key, put }: NewRecord,
    stored: bigint | undefined,
  ): void {
    const earlier = unwritten.get(name);
    if (earlier !== undefined && earlier.batch === batch) {
      batch.adds += countOf(put) - countOf(earlier.put);
      unwritten.replace(earlier, put);
      return;
    }
    // The store may have the earlier write already, while its commit is still being reported.
    const before = earlier === undefined ? stored : earlier.put?.record.inode;
    const write = { name, key, put, before, batch };
    batch.adds += countOf(put) - Number(before !== undefined);
    batch.changes.push(write);
    unwritten.set(write, earlier);
  }

  /** Each record is made before the first is added: what cannot be kept is refused before others share its commit. */
  async function writeAll(
    changes: readonly (readonly [ObjectName, ObjectRecord | undefined])[],
  ): Promise<void> {
    refuseIfClosed();
    if (changes.length === 0) return;
    const made = changes.map(([name, record]) => newRecord(name, record));
    const stored = store.inodesOf(made);
    const batch = commits.open();
    for (const [at, each] of made.entries()) add(batch, each, stored[at]);
    await batch.durable;
  }

  function* entries(range: IndexRange = {}): Generator<readonly [ObjectName, ObjectRecord]> {
    const changes = unwritten.within(range);
    yield* overlay(store.entries(range), changes);
  }

  return {
    engine: store.engine,
    get(name) {
      const pending = unwritten.get(name);
      return pending === undefined ? store.get(name) : pending.put?.record;
    },
    getAll(names) {
      const stored = store.getAll(names);
      return names.map((name, at) => {
        const pending = unwritten.get(name);
        return pending === undefined ? stored[at] : pending.put?.record;
      });
    },
    entries: (range) => entries(range),
    namesOfInode(inode) {
      const kept = [...store.namesOfInode(inode)].filter(
        (name) => unwritten.get(name) === undefined,
      );
      const pending = unwritten.namesOfInode(inode);
      return pending.size === 0 ? kept : [...kept, ...pending].sort(compareNames);
    },
    nameAfter: store.nameAfter,
    put: (name, record) => writeAll([[name, record]]),
    putAll: writeAll,
    remove: (name) => writeAll([[name, undefined]]),
    removeAll: (names) => writeAll(names.map((name) => [name, undefined] as const)),
    count: commits.count,
    flush: commits.flush,
    close() {
      closing ??= commits.idle().then(() => store.close());
      return closing;
    },
  };
}

/** Writes that are committed together, each name once. */
interface QueuedBatch {
  readonly changes: QueuedWrite[];
  /** Names that they add to the store. */
  adds: number;
  readonly durable: Promise<void>;
  readonly settle: { resolve(): void; reject(error: unknown): void };
}

interface QueuedWrite extends Unwritten {
  readonly batch: QueuedBatch;
}

function countOf(put: NewRecord['put']): number {
  return put === undefined ? 0 : 1;
}

/** Commits the batches of an index, one after the other. */
function createCommits(
  store: RecordStore,
  unwritten: ReturnType<typeof createUnwritten<QueuedWrite>>,
) {
  let queue: QueuedBatch[] = [];
  let committing: QueuedBatch | undefined;
  /** Names in the store without that one. */
  let stored = store.count();
  let latest: QueuedBatch | undefined;
  let writing: Promise<void> | undefined;

  function newBatch(): QueuedBatch {
    const { promise, ...settle } = withResolvers();
    promise.catch(() => undefined); // only the writers of the batch await it
    const batch: QueuedBatch = { changes: [], adds: 0, durable: promise, settle };
    queue.push(batch);
    latest = batch;
    return batch;
  }

  async function writeQueued(): Promise<void> {
    await nextTurn(); // the writes of this turn share a commit
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      committing = batch;
      try {
        await store.commit(batch.changes);
        failpoint('state: index committed, writers not notified');
        unwritten.forget(batch.changes);
        batch.settle.resolve();
      } catch (error) {
        const failed = [batch, ...queue];
        queue = [];
        unwritten.clear();
        for (const { settle } of failed) settle.reject(error);
      }
      committing = undefined;
      stored = store.count();
    }
    writing = undefined;
  }

  return {
    /** The batch that takes the next writes of this turn, whatever their number. */
    open(): QueuedBatch {
      const last = queue.at(-1);
      if (last !== undefined && last.changes.length < LARGEST_COMMIT) return last;
      const batch = newBatch();
      writing ??= writeQueued();
      return batch;
    },
    count: () => queue.reduce((names, { adds }) => names + adds, stored + (committing?.adds ?? 0)),
    async flush(): Promise<void> {
      if (writing !== undefined) await latest?.durable;
    },
    async idle(): Promise<void> {
      await writing;
    },
  };
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
