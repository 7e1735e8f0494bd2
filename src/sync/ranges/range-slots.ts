import { onAbort } from '../../signal.js';

/** Pieces of memory that contents share while they are loaded. */
export interface RangeSlots {
  /**
   * Resolves with a slot: the load with the fewest comes first, and of one load the call that came first. Rejects with the
   * signal's reason.
   */
  take(load: object, signal: AbortSignal): Promise<number>;
  /** To be called once for each slot that was taken. */
  release(load: object, slot: number): void;
}

interface Waiting {
  readonly load: object;
  readonly resolve: (slot: number) => void;
}

/** Slots are numbers from 0. */
export function createRangeSlots(count: number): RangeSlots {
  const free = Array.from({ length: count }, (_, slot) => slot);
  const held = new Map<object, number>();
  const waiting = new Set<Waiting>();

  function next(): Waiting | undefined {
    let best: Waiting | undefined;
    for (const each of waiting)
      if (best === undefined || heldBy(each.load) < heldBy(best.load)) best = each;
    return best;
  }

  const heldBy = (load: object): number => held.get(load) ?? 0;

  function hold(load: object, slots: number): void {
    if (slots === 0) held.delete(load);
    else held.set(load, slots);
  }

  function grant(): void {
    while (free.length > 0) {
      const one = next();
      if (one === undefined) return;
      waiting.delete(one);
      hold(one.load, heldBy(one.load) + 1);
      one.resolve(free.pop() ?? 0);
    }
  }

  return {
    take(load, signal) {
      return new Promise((resolve, reject) => {
        const one: Waiting = {
          load,
          resolve(slot) {
            forget();
            resolve(slot);
          },
        };
        let forget = (): void => {};
        waiting.add(one);
        forget = onAbort(signal, () => {
          waiting.delete(one);
          reject(signal.reason);
        });
        grant();
      });
    },
    release(load, slot) {
      hold(load, heldBy(load) - 1);
      free.push(slot);
      grant();
    },
  };
}
