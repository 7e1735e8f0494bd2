import type { RelativePath } from './entry.js';
import type { RulePlace } from './exclusion.js';
import { type FilterSettings, IGNORE_FILE, type PlacedRule, placedRules } from './filter.js';
import { readIgnoreFile } from './ignore-file.js';
import { foldersAbove, joinPath, pathOnDisk } from './path.js';
import { decidingPattern } from './pattern-matcher.js';

/** What decides whether a path is mirrored, as far as rules do. */
export interface DecidingRule {
  readonly excludes: boolean;
  /** As written; empty where no pattern says so. */
  readonly pattern: string;
  /** Undefined: no rule concerns the path; or, where there are `include` patterns, none of them selects it. */
  readonly place: RulePlace | undefined;
  /** The folder above the path that the rule is about; the path itself where it is about that. */
  readonly path: RelativePath;
}

/**
 * The rule that excludes a path of a source, or includes it again. Of several the last one decides, as gitignore(5) says; a
 * folder that is excluded takes everything in it along. Ignore files that cannot be read count as empty.
 */
export function decidingRule(
  root: string,
  path: RelativePath,
  isFolder: boolean,
  settings: FilterSettings,
): DecidingRule {
  const { exclude, include, never } = settings;
  const rules: PlacedRule[] = exclude.map((pattern, index) => ({
    pattern,
    written: pattern,
    place: { kind: 'setting', setting: 'exclude', index },
  }));
  for (const folder of foldersAbove(path)) {
    if (folder !== '') {
      const decided = decideBy(rules, never, folder, true);
      if (decided?.excludes) return decided;
    }
    rules.push(...rulesOfFile(root, folder));
  }
  const decided = decideBy(rules, never, path, isFolder);
  if (decided?.excludes || isFolder || include.length === 0)
    return decided ?? { excludes: false, pattern: '', place: undefined, path };
  const selecting = decidingPattern(include, path);
  return selecting?.matches
    ? {
        excludes: false,
        pattern: include[selecting.at] ?? '',
        place: { kind: 'setting', setting: 'include', index: selecting.at },
        path,
      }
    : { excludes: true, pattern: '', place: undefined, path };
}

function decideBy(
  rules: readonly PlacedRule[],
  never: readonly RelativePath[],
  path: RelativePath,
  isFolder: boolean,
): DecidingRule | undefined {
  if (never.includes(path)) return { excludes: true, pattern: '', place: { kind: 'own' }, path };
  const asked = isFolder ? `${path}/` : path;
  const decided = decidingPattern(
    rules.map(({ pattern }) => pattern),
    asked,
  );
  const rule = decided && rules[decided.at];
  return rule && { excludes: decided.matches, pattern: rule.written, place: rule.place, path };
}

function rulesOfFile(root: string, folder: RelativePath): readonly PlacedRule[] {
  const path = joinPath(folder, IGNORE_FILE);
  let text: string | undefined;
  try {
    text = readIgnoreFile(pathOnDisk(root, path));
  } catch {
    return []; // the way to the path is unreadable then, which is what is said of it
  }
  return placedRules(folder, text ?? '');
}
