import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';

export interface HeldCounts {
  readonly deletes: number;
  readonly overwrites: number;
}

export interface CountingIndex {
  readonly index: ObjectIndex;
  readonly counts: HeldCounts;
  /** From now on every write is looked at; before, nothing is held, and nothing is looked up. */
  startFrom(counts: HeldCounts): void;
  stop(): void;
}

/**
 * The same index, and how many of its records say that a change is held. Whatever removes or replaces such a record
 * (the file is back, a person decided, the object is gone) is counted, so no caller has to think of it.
 */
export function countingIndex(inner: ObjectIndex): CountingIndex {
  let counts = { deletes: 0, overwrites: 0 };
  let counting = false;

  function note(name: ObjectName, after: ObjectRecord | undefined): void {
    if (!counting) return;
    const before = inner.get(name)?.guarded;
    counts = {
      deletes:
        counts.deletes +
        Number(after?.guarded === 'delete-held') -
        Number(before === 'delete-held'),
      overwrites:
        counts.overwrites +
        Number(after?.guarded === 'overwrite-held') -
        Number(before === 'overwrite-held'),
    };
  }

  return {
    index: {
      engine: inner.engine,
      get: inner.get,
      entries: inner.entries,
      namesOfInode: inner.namesOfInode,
      count: inner.count,
      put(name, record) {
        note(name, record);
        return inner.put(name, record);
      },
      putAll(entries) {
        if (counting) for (const [name, record] of entries) note(name, record);
        return inner.putAll(entries);
      },
      remove(name) {
        note(name, undefined);
        return inner.remove(name);
      },
      flush: inner.flush,
      close: inner.close,
    },
    get counts() {
      return counts;
    },
    startFrom({ deletes, overwrites }) {
      counts = { deletes, overwrites };
      counting = true;
    },
    stop() {
      counts = { deletes: 0, overwrites: 0 };
      counting = false;
    },
  };
}
