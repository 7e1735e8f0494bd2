import type { ObjectIndex, ObjectName, ObjectRecord } from '../state/object-index.js';
import type { LocalEntry } from '../watcher/entry.js';
import { type Condition, createCondition } from './condition.js';

/**
 * Finds out what a file that appears was called before, and keeps the object under that name until it has been copied:
 * a rename is a copy within the provider and a delete, in this order.
 */
export interface Renames {
  /** The name of an object that probably has this file's content (same inode, size and mtime). The copy compares digests. */
  formerName(name: ObjectName, entry: LocalEntry): ObjectName | undefined;
  /** A copy from this name is planned. */
  begin(from: ObjectName): void;
  end(from: ObjectName): void;
  /** Whether a copy from this name is planned or under way. */
  isCopied(from: ObjectName): boolean;
  /** Resolves when no planned copy needs the object any more; rejects with the signal's reason. */
  copiesFrom(name: ObjectName, signal: AbortSignal): Promise<void>;
}

export function createRenames(index: ObjectIndex): Renames {
  const planned = new Map<ObjectName, { count: number; readonly over: Condition }>();

  return {
    formerName: (name, entry) => index.namesOfInode(entry.inode).find((other) => other !== name && isSameFile(index.get(other), entry)),
    begin(from) {
      const plan = planned.get(from);
      if (plan) plan.count += 1;
      else planned.set(from, { count: 1, over: createCondition() });
    },
    end(from) {
      const plan = planned.get(from);
      if (!plan) return;
      plan.count -= 1;
      if (plan.count > 0) return;
      planned.delete(from);
      plan.over.notifyAll();
    },
    isCopied: (from) => planned.has(from),
    async copiesFrom(name, signal) {
      for (let plan = planned.get(name); plan; plan = planned.get(name)) await plan.over.wait(signal);
    },
  };
}

/** The ctime is not compared: renaming moves it. */
function isSameFile(record: ObjectRecord | undefined, entry: LocalEntry): boolean {
  return (
    record?.state === 'confirmed' &&
    record.inode === entry.inode &&
    record.size === entry.size &&
    record.mtimeNs === entry.mtimeNs &&
    record.kind === entry.kind
  );
}
