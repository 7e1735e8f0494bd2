import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';

/** An index, and the names whose first version this process has begun to send and has not confirmed. */
export interface UnsentNames {
  readonly index: ObjectIndex;
  readonly size: number;
  has(name: ObjectName): boolean;
}

/** Kept at each write, so that a status need not look through all work that waits. */
export function countingUnsent(inner: ObjectIndex): UnsentNames {
  const unsent = new Set<ObjectName>();

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
  };
}

/** Whether the record is a mark that the first version of its object is to be sent. */
export function isUnsent({ state, etag }: ObjectRecord): boolean {
  return state === 'sending' && etag === undefined;
}
