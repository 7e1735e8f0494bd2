import type { Clock } from '../../clock.js';
import { onAbort } from '../../signal.js';
import type { ObjectName } from '../../state/object-index.js';

/**
 * Names that wait, one wait each, and never more than can be kept in mind.
 *
 * | state       | event                     | next state  | the wait ends as                    |
 * | ----------- | ------------------------- | ----------- | ----------------------------------- |
 * | not waiting | added                     | waiting     |                                     |
 * | waiting     | added                     | waiting     | superseded; the new wait begins     |
 * | waiting     | cancelled                 | not waiting | superseded                          |
 * | waiting     | its time has passed       | not waiting | due                                 |
 * | any         | the signal is aborted     | waiting     | aborted, and so does each later one |
 */
export interface Waits {
  /**
   * Calls `over` when the wait has ended. These waits keep the process alive: a one-shot run has nothing else to live for.
   * False when too many wait already: then nothing is called.
   */
  add(name: ObjectName, ms: number, over: (end: WaitEnd) => void): boolean;
  cancel(name: ObjectName): void;
  has(name: ObjectName): boolean;
  count(which: (name: ObjectName) => boolean): number;
}

/** `superseded`: it was cancelled, or another wait has taken its place. `aborted`: nothing is waited for any more. */
export type WaitEnd = 'due' | 'superseded' | 'aborted';

/** The index knows what is due, so the rest can wait for a scan. */
const MOST = 10_000;

export function createWaits(clock: Clock, signal: AbortSignal): Waits {
  const waiting = new Map<ObjectName, AbortController>();
  // One listener for all: a signal looks through those that it has whenever one is added.
  onAbort(signal, () => {
    for (const controller of waiting.values()) controller.abort();
  });

  async function sleep(
    ms: number,
    controller: AbortController,
    name: ObjectName,
  ): Promise<WaitEnd> {
    try {
      await clock.sleep(ms, controller.signal);
    } catch {
      return signal.aborted ? 'aborted' : 'superseded';
    }
    if (waiting.get(name) !== controller) return 'superseded';
    waiting.delete(name);
    return 'due';
  }

  return {
    add(name, ms, over) {
      if (waiting.size >= MOST && !waiting.has(name)) return false;
      waiting.get(name)?.abort();
      const controller = new AbortController();
      waiting.set(name, controller);
      if (signal.aborted) controller.abort();
      void sleep(ms, controller, name).then(over);
      return true;
    },
    cancel(name) {
      waiting.get(name)?.abort();
      waiting.delete(name);
    },
    has: (name) => waiting.has(name),
    count: (which) => [...waiting.keys()].filter(which).length,
  };
}
