import { type Condition, createCondition } from '../../condition.js';
import type { Copy } from '../../drivers/capabilities.js';
import type { ObjectName } from '../../state/object-index.js';

/**
 * Keeps objects what they are while they are copied. A copy waits for nothing, and so a put that waits for it waits for the
 * provider alone.
 */
export interface CopySources {
  /** Runs what replaces the object, once no copy of it is under way; rejects with the signal's reason. */
  replace<T>(name: ObjectName, signal: AbortSignal, change: () => Promise<T>): Promise<T>;
  /**
   * The same for many objects that are replaced together, without a wait. `isReplaced` says whether one of them may be; the
   * others are being copied, and nothing may be sent in their place now.
   */
  replaceEach<T>(
    names: readonly ObjectName[],
    change: (isReplaced: (row: number) => boolean) => Promise<T>,
  ): Promise<T>;
  /** Runs a copy of the object. Undefined, and nothing was done, while it is being replaced. */
  copy<T>(name: ObjectName, run: () => Promise<T>): Promise<T | undefined>;
}

export function copySources(copy: Copy | undefined): CopySources {
  return copy === undefined || copy.bindsSource ? kept : keepThem();
}

/** The provider sees to it: a copy of what was replaced is refused. */
const kept: CopySources = {
  replace: (_name, _signal, change) => change(),
  replaceEach: (_names, change) => change(() => true),
  copy: (_name, run) => run(),
};

function keepThem(): CopySources {
  const replaced = new Map<ObjectName, number>();
  const copied = new Map<ObjectName, { count: number; readonly over: Condition }>();

  function begin(name: ObjectName): void {
    replaced.set(name, (replaced.get(name) ?? 0) + 1);
  }

  function end(name: ObjectName): void {
    const left = (replaced.get(name) ?? 1) - 1;
    if (left > 0) replaced.set(name, left);
    else replaced.delete(name);
  }

  return {
    async replace(name, signal, change) {
      for (let copies = copied.get(name); copies; copies = copied.get(name))
        await copies.over.wait(signal);
      begin(name);
      try {
        return await change();
      } finally {
        end(name);
      }
    },
    async replaceEach(names, change) {
      const rows = new Set([...names.keys()].filter((row) => !copied.has(names[row] ?? '')));
      const begun = names.filter((_, row) => rows.has(row));
      for (const name of begun) begin(name);
      try {
        return await change((row) => rows.has(row));
      } finally {
        for (const name of begun) end(name);
      }
    },
    async copy(name, run) {
      if (replaced.has(name)) return undefined;
      const copies = copied.get(name) ?? { count: 0, over: createCondition() };
      copies.count += 1;
      copied.set(name, copies);
      try {
        return await run();
      } finally {
        copies.count -= 1;
        if (copies.count === 0) {
          copied.delete(name);
          copies.over.notifyAll();
        }
      }
    },
  };
}
