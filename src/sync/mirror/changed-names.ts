import type { ObjectName } from '../../state/object-index.js';

/** Objects that other jobs changed since a listing was requested: what it says of them is out of date. */
export interface ChangedNames {
  add(name: ObjectName): void;
  has(name: ObjectName): boolean;
}

/** Names kept in mind; with more of them, every name counts as changed. */
export const MOST_CHANGED = 10_000;

export function createChangedNames(): ChangedNames {
  const names = new Set<ObjectName>();
  let all = false;
  return {
    add(name) {
      if (all) return;
      names.add(name);
      all = names.size > MOST_CHANGED;
      if (all) names.clear();
    },
    has: (name) => all || names.has(name),
  };
}
