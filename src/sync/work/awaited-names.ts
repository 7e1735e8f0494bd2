import { createCondition } from '../../condition.js';
import type { ObjectName } from '../../state/object-index.js';

/** Names with jobs that a run waits for. */
export interface AwaitedNames {
  add(name: ObjectName): void;
  /** Nothing is to be waited for at this name, if there was. */
  settled(name: ObjectName): void;
  readonly size: number;
  /** Resolves when there is none; rejects with the signal's reason. */
  whenEmpty(signal: AbortSignal): Promise<void>;
}

export function createAwaitedNames(): AwaitedNames {
  const names = new Set<ObjectName>();
  const empty = createCondition();
  return {
    add: (name) => void names.add(name),
    settled(name) {
      names.delete(name);
      if (names.size === 0) empty.notifyAll();
    },
    get size() {
      return names.size;
    },
    async whenEmpty(signal) {
      while (names.size > 0) await empty.wait(signal);
    },
  };
}
