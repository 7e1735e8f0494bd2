/** Keys that wait until they have not been touched for a while. The cost of an operation does not grow with their number. */
export interface QuietQueue<Key> {
  readonly size: number;
  has(key: Key): boolean;
  /** Restarts the key's quiet time. Its age counts from the first touch. */
  touch(key: Key, now: number): void;
  delete(key: Key): void;
  /** When the key was first touched; undefined when it does not wait. */
  since(key: Key): number | undefined;
  /** When the key was first touched that has waited longest; undefined when none waits. */
  oldest(): number | undefined;
  /** Removes and returns the keys that were quiet for long enough, or have waited too long, and when each was first touched. */
  take(now: number): { readonly key: Key; readonly since: number }[];
  /** When `take` will next return something; undefined when nothing waits. */
  nextDue(): number | undefined;
}

/** `now` must not go back between calls: the order in the maps is the order in time. */
export function quietQueue<Key>(quietMs: number, limitMs: number): QuietQueue<Key> {
  const firstTouch = new Map<Key, number>(); // oldest first
  const lastTouch = new Map<Key, number>(); // longest quiet first

  const remove = (key: Key): void => {
    firstTouch.delete(key);
    lastTouch.delete(key);
  };

  return {
    get size() {
      return firstTouch.size;
    },
    has: (key) => firstTouch.has(key),
    since: (key) => firstTouch.get(key),
    oldest: () => firstTouch.values().next().value,
    delete: remove,

    touch(key, now) {
      lastTouch.delete(key);
      lastTouch.set(key, now);
      if (!firstTouch.has(key)) firstTouch.set(key, now);
    },

    take(now) {
      const due: { readonly key: Key; readonly since: number }[] = [];
      const takeFrom = (order: ReadonlyMap<Key, number>, waitMs: number): void => {
        for (const [key, touched] of order) {
          if (touched + waitMs > now) break;
          due.push({ key, since: firstTouch.get(key) ?? touched });
          remove(key);
        }
      };
      takeFrom(lastTouch, quietMs);
      takeFrom(firstTouch, limitMs);
      return due;
    },

    nextDue() {
      const [oldest] = firstTouch.values();
      const [quietest] = lastTouch.values();
      if (oldest === undefined || quietest === undefined) return undefined;
      return Math.min(quietest + quietMs, oldest + limitMs);
    },
  };
}
