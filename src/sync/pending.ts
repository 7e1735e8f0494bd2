import type { ObjectName } from '../state/object-index.js';
import { createCondition } from './condition.js';

/** Names with work that is not durable yet, oldest first: what lag and "is this run done" are read from. */
export interface Pending {
  /** A name that is pending already keeps the moment it became so. */
  add(name: ObjectName, sinceMs: number): void;
  settled(name: ObjectName): void;
  has(name: ObjectName): boolean;
  readonly size: number;
  /** When the oldest pending name became so; milliseconds on the clock that `add` was given. Undefined: nothing is pending. */
  oldestMs(): number | undefined;
  /** Resolves when nothing is pending; rejects with the signal's reason. */
  whenEmpty(signal: AbortSignal): Promise<void>;
}

export function createPending(): Pending {
  const since = new Map<ObjectName, number>();
  const empty = createCondition();
  return {
    add(name, sinceMs) {
      if (!since.has(name)) since.set(name, sinceMs);
    },
    settled(name) {
      since.delete(name);
      if (since.size === 0) empty.notifyAll();
    },
    has: (name) => since.has(name),
    get size() {
      return since.size;
    },
    oldestMs: () => since.values().next().value,
    async whenEmpty(signal) {
      while (since.size > 0) await empty.wait(signal);
    },
  };
}
