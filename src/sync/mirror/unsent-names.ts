import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';

/** An index, and the names whose first version this process has begun to send and has not confirmed. */
export interface UnsentNames {
  readonly index: ObjectIndex;
  readonly size: number;
  has(name: ObjectName): boolean;
  /** The same, also for a mark of an earlier process: its record is read at the first question, and not again. */
  isMarked(name: ObjectName): boolean;
}

/** Names whose records were read that are remembered; more are forgotten together, and read once more. */
const MOST_READ = 10_000;

/** Kept at each write, so that a status need not look through all work that waits. */
export function countingUnsent(inner: ObjectIndex): UnsentNames {
  const unsent = new Set<ObjectName>();
  /** From the first reading on, the writes say all. */
  const read = new Set<ObjectName>();

  function note(name: ObjectName, record: ObjectRecord): void {
    if (isUnsent(record)) unsent.add(name);
    else if (unsent.size > 0) unsent.delete(name);
  }

  return {
    index: {
      ...inner,
      put(name, record) {
        note(name, record);
        return inner.put(name, record);
      },
      putAll(entries) {
        for (const [name, record] of entries) note(name, record);
        return inner.putAll(entries);
      },
      remove(name) {
        unsent.delete(name);
        return inner.remove(name);
      },
      removeAll(names) {
        for (const name of names) unsent.delete(name);
        return inner.removeAll(names);
      },
    },
    get size() {
      return unsent.size;
    },
    has: (name) => unsent.has(name),
    isMarked(name) {
      if (unsent.has(name)) return true;
      if (read.has(name)) return false;
      if (read.size >= MOST_READ) read.clear();
      read.add(name);
      const record = inner.get(name);
      if (record === undefined || !isUnsent(record)) return false;
      unsent.add(name);
      return true;
    },
  };
}

/** Whether the record is a mark that the first version of its object is to be sent. */
function isUnsent({ state, etag }: ObjectRecord): boolean {
  return state === 'sending' && etag === undefined;
}
