import type { Clock } from '../clock.js';

/** Which slots are in use by those that send parts. Those of a file are free once it has ended and none is in use. */
export interface SlotUse {
  /** A file that has slots. `free` is called once. */
  begin(free: () => void): FileSlots;
  /** Whether slots of a file that ended so many milliseconds ago, or longer, are in use still. */
  hasLost(afterMs: number): boolean;
}

export interface FileSlots {
  /** Of a part that is there. */
  take(slot: number): void;
  /** To be called when nothing reads it any more; also of a slot that was never in use. */
  release(slot: number): void;
  /** No further part is wanted. */
  end(): void;
}

export function createSlotUse(clock: Pick<Clock, 'monotonic'>): SlotUse {
  /** By files that have ended: since when. */
  const inUse = new Map<FileSlots, number>();
  return {
    begin(free) {
      const taken = new Set<number>();
      let hasEnded = false;
      const freeIfUnused = (): void => {
        if (!hasEnded || taken.size > 0) return;
        if (inUse.delete(file)) free();
      };
      const file: FileSlots = {
        take: (slot) => void taken.add(slot),
        release(slot) {
          taken.delete(slot);
          freeIfUnused();
        },
        end() {
          hasEnded = true;
          inUse.set(file, clock.monotonic());
          freeIfUnused();
        },
      };
      return file;
    },
    hasLost(afterMs) {
      const now = clock.monotonic();
      return [...inUse.values()].some((since) => now - since >= afterMs);
    },
  };
}
