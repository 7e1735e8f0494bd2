import type { RelativePath } from './entry.js';

/** Where a rule stands. */
export type RulePlace =
  | { readonly kind: 'setting'; readonly setting: 'exclude' | 'include'; readonly index: number }
  | { readonly kind: 'ignore-file'; readonly path: RelativePath; readonly line: number }
  /** No pattern: the path belongs to longshore itself. */
  | { readonly kind: 'own' };

/** Why an entry of a source is excluded. Plain data. */
export interface Exclusion {
  /** As written; empty where no pattern says so. */
  readonly pattern: string;
  /** Undefined: there are `include` patterns, and none of them selects the entry. */
  readonly place: RulePlace | undefined;
}

/** Entries that one rule excludes. A folder is one entry, with all that is in it. */
export interface ExcludedByRule extends Exclusion {
  readonly entries: number;
}

/** What the rules exclude of a source. Plain data. */
export interface Exclusions {
  readonly entries: number;
  /** Those that exclude the most, first. There may be more rules: then the entries of these are not all. */
  readonly rules: readonly ExcludedByRule[];
}

export const NOTHING_EXCLUDED: Exclusions = { entries: 0, rules: [] };

/** Rules that are counted one by one, and those that are given out. A source may have an ignore file in each of its folders. */
const MOST_RULES = 1_000;
const SHOWN_RULES = 100;

/** Counts entries as a walk meets them, in memory for a bounded number of rules. */
export function createExclusionCount(): {
  add(exclusion: Exclusion): void;
  counts(): Exclusions;
} {
  const rules = new Map<string, ExcludedByRule>();
  let entries = 0;
  return {
    add(exclusion) {
      entries += 1;
      count(rules, { ...exclusion, entries: 1 });
    },
    counts: () => ({ entries, rules: largest(rules) }),
  };
}

/** What two walks of different parts of one source have found, together. Pure. */
export function bothExclusions(a: Exclusions, b: Exclusions): Exclusions {
  const rules = new Map<string, ExcludedByRule>();
  for (const rule of [...a.rules, ...b.rules]) count(rules, rule);
  return { entries: a.entries + b.entries, rules: largest(rules) };
}

function count(rules: Map<string, ExcludedByRule>, more: ExcludedByRule): void {
  const { pattern, place, entries } = more;
  const key = keyOf({ pattern, place });
  const known = rules.get(key);
  if (known === undefined && rules.size >= MOST_RULES) return;
  rules.set(key, { pattern, place, entries: (known?.entries ?? 0) + entries });
}

function keyOf({ pattern, place }: Exclusion): string {
  if (place === undefined) return '';
  if (place.kind === 'own') return 'own';
  return place.kind === 'setting'
    ? `${place.setting} ${place.index}`
    : `${place.line} ${place.path} ${pattern}`;
}

function largest(rules: ReadonlyMap<string, ExcludedByRule>): readonly ExcludedByRule[] {
  return [...rules.values()].sort((a, b) => b.entries - a.entries).slice(0, SHOWN_RULES);
}
