import { createCondition } from '../../condition.js';
import { NEVER_ABORTED } from '../../signal.js';

/** Keys that wait to be taken many at a time. Each costs its place in a list: no promise, closure or listener. */
export interface GatheredKeys {
  add(key: string): void;
  /** Groups that were taken go on; no other is until `resume`. */
  pause(): void;
  resume(): void;
  /** Forgets what waits. */
  clear(): void;
  /** Resolves when fewer than MOST_GATHERED wait; rejects with the signal's reason. */
  whenRoom(signal: AbortSignal): Promise<void>;
  /** Resolves when none waits and no group is under way. */
  whenIdle(): Promise<void>;
}

/** Groups under way: one is being deleted while the next is prepared. */
const GROUPS_AT_ONCE = 2;

/** Keys of one group. */
const MOST_TOGETHER = 1_000;

/**
 * Keys that wait before their caller is held back; with their jobs, plain data of some hundred bytes each. What a watcher gives
 * out at once mostly has room here, so that the change after a mass delete is not kept waiting by it.
 */
const MOST_GATHERED = 10_000;

/** `run` gets the keys of one turn of the event loop together. It never rejects. */
export function createGatheredKeys(run: (keys: readonly string[]) => Promise<void>): GatheredKeys {
  const changed = createCondition();
  let keys: string[] = [];
  let underWay = 0;
  let isScheduled = false;
  let isPaused = false;

  const mayTake = () => !isPaused && underWay < GROUPS_AT_ONCE && keys.length > 0;

  function schedule(): void {
    if (isScheduled || !mayTake()) return;
    isScheduled = true;
    setImmediate(takeGroup);
  }

  function takeGroup(): void {
    isScheduled = false;
    if (!mayTake()) return;
    const group = keys.slice(0, MOST_TOGETHER);
    keys = keys.slice(MOST_TOGETHER);
    underWay += 1;
    void run(group).finally(() => {
      underWay -= 1;
      changed.notifyAll();
      schedule();
    });
    changed.notifyAll();
    schedule();
  }

  return {
    add(key) {
      keys.push(key);
      schedule();
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      schedule();
    },
    clear() {
      keys = [];
      changed.notifyAll();
    },
    async whenRoom(signal) {
      while (keys.length >= MOST_GATHERED) await changed.wait(signal);
    },
    async whenIdle() {
      while (keys.length + underWay > 0) await changed.wait(NEVER_ABORTED);
    },
  };
}
