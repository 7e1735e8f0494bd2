import type { Clock } from '../clock.js';
import type { ObjectName } from '../state/object-index.js';

/** Names that wait, one wait each, and never more than can be kept in mind. */
export interface Waits {
  /**
   * Calls `then` after so long, or as soon as `signal` is aborted; never when the wait is cancelled. These waits keep the
   * process alive: a one-shot run has nothing else to live for. False when too many wait already: then nothing is called.
   */
  add(name: ObjectName, ms: number, then: (aborted: boolean) => Promise<void> | undefined): boolean;
  cancel(name: ObjectName): void;
  has(name: ObjectName): boolean;
  count(which: (name: ObjectName) => boolean): number;
}

/** The index knows what is due, so the rest can wait for a scan. */
const MOST = 10_000;

export function createWaits(clock: Clock, signal: AbortSignal): Waits {
  const cancels = new Map<ObjectName, () => void>();

  async function wait(ms: number, name: ObjectName, cancelled: AbortSignal, then: (aborted: boolean) => Promise<void> | undefined) {
    try {
      await clock.sleep(ms, AbortSignal.any([cancelled, signal]));
    } catch {
      if (!cancelled.aborted) await then(true);
      return;
    }
    cancels.delete(name);
    await then(false);
  }

  return {
    add(name, ms, then) {
      if (cancels.size >= MOST && !cancels.has(name)) return false;
      cancels.get(name)?.();
      const controller = new AbortController();
      cancels.set(name, () => controller.abort());
      void wait(ms, name, controller.signal, then);
      return true;
    },
    cancel(name) {
      cancels.get(name)?.();
      cancels.delete(name);
    },
    has: (name) => cancels.has(name),
    count: (which) => [...cancels.keys()].filter(which).length,
  };
}
