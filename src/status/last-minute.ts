import type { Clock } from '../clock.js';

/** Sums amounts over the last 60 seconds, to the second. */
export interface LastMinute<K extends string> {
  add(name: K, amount: number): void;
  sums(): Readonly<Record<K, number>>;
}

const SECONDS = 60;

interface Slot<K extends string> {
  /** Of the monotonic clock. */
  readonly second: number;
  readonly amounts: Record<K, number>;
}

export function openLastMinute<K extends string>(
  names: readonly K[],
  clock: Pick<Clock, 'monotonic'>,
): LastMinute<K> {
  const slots: (Slot<K> | undefined)[] = Array(SECONDS).fill(undefined);
  const zeros = () => Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
  const secondNow = () => Math.floor(clock.monotonic() / 1_000);

  function slotNow(): Slot<K> {
    const second = secondNow();
    const slot = slots[second % SECONDS];
    if (slot?.second === second) return slot;
    const fresh = { second, amounts: zeros() };
    slots[second % SECONDS] = fresh;
    return fresh;
  }

  return {
    add(name, amount) {
      slotNow().amounts[name] += amount;
    },
    sums() {
      const oldest = secondNow() - SECONDS;
      const total = zeros();
      for (const slot of slots) {
        if (slot === undefined || slot.second <= oldest) continue;
        for (const name of names) total[name] += slot.amounts[name];
      }
      return total;
    },
  };
}
