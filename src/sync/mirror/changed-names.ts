import type { ObjectName } from '../../state/object-index.js';

/** Objects that somebody saw to while a listing was read, or while what it says waited for its turn: of them it is old. */
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
