import type { Guarded, ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';

export interface HeldCounts {
  readonly deletes: number;
  readonly overwrites: number;
}

export interface CountingIndex {
  readonly index: ObjectIndex;
  readonly counts: HeldCounts;
  /** Grows with each write after which something else may be held. */
  readonly version: number;
  /** From now on every write is counted. Undefined, and before: nothing is held, and no record is read for it. */
  countFrom(counts: HeldCounts | undefined): void;
}

/**
 * The same index, and how many of its records say that a change is held. Whatever removes or replaces such a record
 * (the file is back, a person decided, the object is gone) is counted, so no caller has to think of it.
 */
export function countingIndex(inner: ObjectIndex): CountingIndex {
  let counted: HeldCounts | undefined;
  let version = 0;

  function note(name: ObjectName, after: ObjectRecord | undefined): void {
    if (!counted) return;
    const before = inner.get(name)?.guarded;
    if (before !== after?.guarded) version += 1;
    const more = (held: Guarded) => Number(after?.guarded === held) - Number(before === held);
    counted = {
      deletes: counted.deletes + more('delete-held'),
      overwrites: counted.overwrites + more('overwrite-held'),
    };
  }

  return {
    index: {
      ...inner,
      put(name, record) {
        note(name, record);
        return inner.put(name, record);
      },
      putAll(entries) {
        if (counted) for (const [name, record] of entries) note(name, record);
        return inner.putAll(entries);
      },
      remove(name) {
        note(name, undefined);
        return inner.remove(name);
      },
      removeAll(names) {
        if (counted) for (const name of names) note(name, undefined);
        return inner.removeAll(names);
      },
    },
    get counts() {
      return counted ?? { deletes: 0, overwrites: 0 };
    },
    get version() {
      return version;
    },
    countFrom(counts) {
      version += 1;
      counted = counts && { deletes: counts.deletes, overwrites: counts.overwrites };
    },
  };
}
