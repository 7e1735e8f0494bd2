import ignore, { type Ignore } from 'ignore';
import { plainPatterns } from './plain-patterns.js';

// The one file that knows the package `ignore`.

/** The package's form of a pattern; `mark` comes back with the pattern that has decided. */
interface Pattern {
  readonly pattern: string;
  readonly mark: string;
}

export type Matches = (path: string) => boolean;

/** The package caches each path that it tests; above this number its matcher is replaced. */
const REMEMBERED_PATHS = 4096;
/** Choices of patterns for which a matcher is kept: files of one folder mostly have the same. */
const KEPT_MATCHERS = 16;

/** What a list of patterns says of a path; that of a folder ends in `/`. */
export interface Matcher {
  readonly matches: Matches;
  /** The place in the list of the pattern that decides about a path that matches; undefined: it does not match. */
  readonly deciding: (path: string) => number | undefined;
}

/** Of gitignore patterns that stand at the top of the source. */
export function matcher(patterns: readonly string[]): Matcher {
  if (patterns.length === 0) return NO_PATTERN;
  const { candidates, others } = plainPatterns(patterns);
  const kept = new Map<string, Matcher>();

  /** Patterns that cannot match are dropped: the rest decides as all of them would. */
  function matcherWith(plain: readonly number[]): Matcher {
    const key = plain.join();
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size >= KEPT_MATCHERS) kept.clear();
    const places = [...plain, ...others].sort((a, b) => a - b);
    const made = packageMatcher(
      places.map((place) => ({ pattern: patterns[place] ?? '', mark: String(place) })),
    );
    kept.set(key, made);
    return made;
  }

  return {
    matches: (path) => matcherWith(candidates(path)).matches(path),
    deciding: (path) => matcherWith(candidates(path)).deciding(path),
  };
}

const NO_PATTERN: Matcher = { matches: () => false, deciding: () => undefined };

/** Patterns come as objects: a string may be several lines, and its trailing spaces do not count. */
function packageMatcher(patterns: readonly Pattern[]): Matcher {
  if (patterns.length === 0) return NO_PATTERN;
  const fresh = (rules: Ignore | readonly Pattern[]) => ignore({ ignoreCase: false }).add(rules);
  let rules = fresh(patterns);
  let asked = 0;

  /** Asked for each path. */
  function rulesNow(): Ignore {
    if (++asked > REMEMBERED_PATHS) {
      rules = fresh(rules);
      asked = 0;
    }
    return rules;
  }

  return {
    matches: (path) => rulesNow().ignores(path),
    deciding(path) {
      const mark = rulesNow().test(path).rule?.mark;
      return mark === undefined ? undefined : Number(mark);
    },
  };
}

/**
 * The position of the pattern that decides about a path, and whether it matches: of a path that matches the last one that does, as
 * git-check-ignore(1) says; else the last one that takes a match back. Undefined: no pattern does. The path of a folder ends in `/`.
 */
export function decidingPattern(
  patterns: readonly string[],
  path: string,
): { readonly at: number; readonly matches: boolean } | undefined {
  const marked = patterns.map((pattern, place) => ({ pattern, mark: String(place) }));
  const matching = packageMatcher(marked).deciding(path);
  if (matching !== undefined) return { at: matching, matches: true };
  let decided: { readonly at: number; readonly matches: boolean } | undefined;
  for (const at of patterns.keys()) {
    const matches = packageMatcher(marked.slice(0, at + 1)).matches(path);
    if (matches !== (decided?.matches ?? false)) decided = { at, matches };
  }
  return decided;
}
