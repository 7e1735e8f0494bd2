import { onAbort } from '../signal.js';

/** Pieces of memory that files share while they are loaded. */
export interface RangeSlots {
  /**
   * Resolves with a slot: the file with the fewest comes first, and of one file the call that came first. Rejects with the
   * signal's reason.
   */
  take(file: object, signal: AbortSignal): Promise<number>;
  /** To be called once for each slot that was taken. */
  release(file: object, slot: number): void;
}

interface Waiting {
  readonly file: object;
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
      if (best === undefined || heldBy(each.file) < heldBy(best.file)) best = each;
    return best;
  }

  const heldBy = (file: object): number => held.get(file) ?? 0;

  function hold(file: object, slots: number): void {
    if (slots === 0) held.delete(file);
    else held.set(file, slots);
  }

  function grant(): void {
    while (free.length > 0) {
      const one = next();
      if (one === undefined) return;
      waiting.delete(one);
      hold(one.file, heldBy(one.file) + 1);
      one.resolve(free.pop() ?? 0);
    }
  }

  return {
    take(file, signal) {
      return new Promise((resolve, reject) => {
        const one: Waiting = {
          file,
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
    release(file, slot) {
      hold(file, heldBy(file) - 1);
      free.push(slot);
      grant();
    },
  };
}
