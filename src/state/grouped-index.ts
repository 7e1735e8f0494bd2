import { setImmediate as nextTurn } from 'node:timers/promises';
import { failpoint } from '../failpoint.js';
import { compareNames } from '../utf8-order.js';
import type { IndexRange, ObjectIndex, ObjectName, ObjectRecord } from './object-index.js';
import { type Change, changeOf, type RecordStore } from './record-store.js';
import { createUnwritten, overlay, type WriteBatch } from './unwritten.js';

/** Names per commit: large enough that the disk's flush is shared, small enough that encoding them takes no 50 ms. */
const LARGEST_COMMIT = 5_000;

/**
 * An index over a store. Writes stay in memory until they are durable, so that reads see them at once; the writes that
 * come in during a commit share the next one. When a commit fails, each write that is not durable yet rejects and is
 * dropped: reads then return what is on disk. A caller that does not await its writes holds them all in memory.
 */
export function groupedIndex(store: RecordStore, location: string): ObjectIndex {
  const unwritten = createUnwritten();
  const commits = createCommits(store, unwritten);
  let closing: Promise<void> | undefined;

  function refuseIfClosed(): void {
    if (closing !== undefined) throw new Error(`the index in ${location} is closed`);
  }

  function add(batch: WriteBatch, name: ObjectName, change: Change): void {
    const earlier = unwritten.get(name);
    // The store may have an earlier write of this name already while its commit is still being reported.
    const inStore =
      earlier === undefined
        ? Number(store.has(name))
        : Number(earlier.record !== undefined) - earlier.adds;
    const record = change.put?.record;
    const adds = Number(record !== undefined) - inStore;
    unwritten.set(name, { record, adds, batch });
    batch.changes.set(name, change);
    commits.added(adds - (earlier?.adds ?? 0));
  }

  /** Each change is made before the first is added: what cannot be kept is refused before others share its commit. */
  async function write(name: ObjectName, record: ObjectRecord | undefined): Promise<void> {
    refuseIfClosed();
    const change = changeOf(name, record);
    const batch = commits.open();
    add(batch, name, change);
    await batch.durable;
  }

  async function writeAll(
    changes: readonly (readonly [ObjectName, ObjectRecord | undefined])[],
  ): Promise<void> {
    refuseIfClosed();
    if (changes.length === 0) return;
    const made = changes.map(([name, record]) => [name, changeOf(name, record)] as const);
    const batch = commits.open();
    for (const [name, change] of made) add(batch, name, change);
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
    nameAfter: store.nameAfter,
    put: write,
    putAll: writeAll,
    remove: (name) => write(name, undefined),
    removeAll: (names) => writeAll(names.map((name) => [name, undefined] as const)),
    count: commits.count,
    flush: commits.flush,
    close() {
      closing ??= commits.idle().then(() => store.close());
      return closing;
    },
  };
}

interface QueuedBatch extends WriteBatch {
  readonly settle: { resolve(): void; reject(error: unknown): void };
}

/** Commits the batches of an index, one after the other. */
function createCommits(store: RecordStore, unwritten: ReturnType<typeof createUnwritten>) {
  let queue: QueuedBatch[] = [];
  let latest: WriteBatch | undefined;
  let stored = store.count();
  /** Names that the writes add that are not durable yet. */
  let adding = 0;
  let writing: Promise<void> | undefined;

  function newBatch(): WriteBatch {
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
        adding += unwritten.forget(batch);
        batch.settle.resolve();
      } catch (error) {
        const failed = [batch, ...queue];
        queue = [];
        unwritten.clear();
        stored = store.count();
        adding = 0;
        for (const { settle } of failed) settle.reject(error);
      }
    }
    writing = undefined;
  }

  return {
    /** The batch that takes the next writes of this turn, whatever their number. */
    open(): WriteBatch {
      const last = queue.at(-1);
      return last !== undefined && last.changes.size < LARGEST_COMMIT ? last : newBatch();
    },
    /** A write was added to the open batch, which changes the number of names by this. */
    added(names: number): void {
      adding += names;
      writing ??= writeQueued();
    },
    count: () => stored + adding,
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
