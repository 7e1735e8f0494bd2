import { nowNs } from './journal.js';

/**
 * Names whose objects a frozen process may still write: none of them may be deleted before it is certain that it will not, or
 * a late write could bring an object back whose record is gone.
 */
export interface Holds {
  /** From now on. `end`: it went on so soon that it can have answered as usual. */
  hold(names: readonly string[]): { end(): void };
  /** At a time, in nanoseconds of the monotonic clock. */
  isHeld(name: string, atNs: bigint): boolean;
  /** No process is left that could write late. */
  clear(): void;
}

export function createHolds(): Holds {
  let holds: { readonly names: ReadonlySet<string>; untilNs: bigint | undefined }[] = [];
  return {
    hold(names) {
      const hold: (typeof holds)[number] = { names: new Set(names), untilNs: undefined };
      holds.push(hold);
      return {
        end() {
          hold.untilNs = nowNs();
        },
      };
    },
    isHeld: (name, atNs) =>
      holds.some(({ names, untilNs }) => names.has(name) && (untilNs ?? atNs) >= atNs),
    clear() {
      holds = [];
    },
  };
}
