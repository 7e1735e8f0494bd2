import type { RecentSlot } from '../../state/ledger.js';
import type { Change, Changes } from '../guard-rule.js';

/**
 * The changes of the last window, in slots. Slots hold ages, not times of day: ages grow by what a monotonic clock says
 * passed, so that no jump of the system's clock empties the window. Oldest first.
 */
export type Recent = readonly RecentSlot[];

/** A slot is forgotten as a whole, so at most so much of a window later than its oldest change would be. */
const SLOTS = 60;

/** Pure: what is left after so much time. */
export function aged(recent: Recent, passedMs: number, windowMs: number): Recent {
  if (recent.length === 0) return recent;
  const passed = Math.max(0, passedMs);
  return recent
    .map((slot) => ({ ...slot, beganAgoMs: slot.beganAgoMs + passed }))
    .filter(({ beganAgoMs }) => beganAgoMs < windowMs + widthOf(windowMs));
}

/** Pure: with so many more changes, made now. */
export function withChange(recent: Recent, change: Change, windowMs: number, amount = 1): Recent {
  const newest = recent.at(-1);
  const joins = newest !== undefined && newest.beganAgoMs < widthOf(windowMs);
  const slot = joins ? newest : { beganAgoMs: 0, deletes: 0, overwrites: 0 };
  return [...(joins ? recent.slice(0, -1) : recent), counted(slot, change, amount)];
}

/** Pure: without changes that were counted and then not made. Those that have left the window meanwhile do not matter. */
export function withoutChange(recent: Recent, change: Change, amount = 1): Recent {
  let left = amount;
  const kept = [...recent].reverse().flatMap((slot) => {
    const taken = Math.min(left, amountOf(slot, change));
    if (taken === 0) return [slot];
    left -= taken;
    const less = counted(slot, change, -taken);
    return less.deletes + less.overwrites > 0 ? [less] : [];
  });
  return kept.reverse();
}

export function totalOf(recent: Recent): Changes {
  return recent.reduce(
    (sum, slot) => ({
      deletes: sum.deletes + slot.deletes,
      overwrites: sum.overwrites + slot.overwrites,
    }),
    {
      deletes: 0,
      overwrites: 0,
    },
  );
}

function widthOf(windowMs: number): number {
  return windowMs / SLOTS;
}

function amountOf({ deletes, overwrites }: RecentSlot, change: Change): number {
  return change === 'delete' ? deletes : overwrites;
}

function counted(slot: RecentSlot, change: Change, amount: number): RecentSlot {
  return change === 'delete'
    ? { ...slot, deletes: slot.deletes + amount }
    : { ...slot, overwrites: slot.overwrites + amount };
}
