import { patternProblem } from '../ignore-pattern.js';
import type { RelativePath } from './entry.js';
import type { Exclusion, RulePlace } from './exclusion.js';
import { joinPath } from './path.js';
import { type Matches, matcher } from './pattern-matcher.js';

/** What a mirror ignores. */
export interface FilterSettings {
  /** gitignore patterns, as if they stood in a file above the source: `.longshoreignore` files override them. */
  readonly exclude: readonly string[];
  /** gitignore patterns; when there are any, a file that none of them selects is ignored. */
  readonly include: readonly string[];
  /** Exact paths of files and folders that no pattern can bring back: the state folder, a local target inside the source. */
  readonly never: readonly RelativePath[];
}

/**
 * Whether one path is ignored. The caller has checked every folder above it before,
 * ignored, as a walk from the top does.
 */
export interface PathFilter {
  ignoresDirectory(path: RelativePath): boolean;
  /** For everything that is not a directory. */
  ignoresFile(path: RelativePath): boolean;
}

/** The rules in force inside one folder. */
export interface FolderRules extends PathFilter {
  /** As `ignoresFile`, without regard to `include`. */
  excludesFile(path: RelativePath): boolean;
  /** Why a path is ignored that is: as `decidingRule` finds it, without reading anything. */
  exclusionOf(path: RelativePath, isFolder: boolean): Exclusion;
  /** The rules inside `folder`, further down, which has an ignore file of its own with this text. */
  within(folder: RelativePath, ignoreFile: string): FolderRules;
  /** Whether these are the same rules, in other words or not. May be false where they only come to the same. */
  equals(other: FolderRules): boolean;
  /** Malformed lines of the ignore file that was added last. */
  readonly malformed: readonly MalformedLine[];
  /** All ignored patterns, as if they stood at the top of the source. */
  readonly patterns: readonly string[];
}

/** A line of an ignore file, counted from 1. */
export interface MalformedLine {
  readonly line: number;
  readonly pattern: string;
  readonly problem: string;
}

/** The name of a download until it is complete. A source may contain one; it is never mirrored. */
const UNFINISHED_DOWNLOAD = /(^|\/)\.longshore-[0-9a-f-]{36}\.part$/;

/** The name of the ignore files; they are mirrored like any other file. */
export const IGNORE_FILE = '.longshoreignore';

/** The rules inside the source's own folder, before its ignore file is read. */
export function openFilter({ exclude, include, never }: FilterSettings): FolderRules {
  const selects = include.length === 0 ? undefined : matcher(include).matches;
  const rules = exclude.map((pattern, index) => ({
    written: pattern,
    pattern,
    place: { kind: 'setting', setting: 'exclude', index } as const,
  }));
  return folderRules(rules, selects, new Set(never));
}

/** A pattern as written and as if it stood at the top of the source, and where it stands. */
export interface PlacedRule {
  readonly written: string;
  readonly pattern: string;
  readonly place: RulePlace;
}

function folderRules(
  rules: readonly PlacedRule[],
  selects: Matches | undefined,
  never: ReadonlySet<RelativePath>,
  malformed: readonly MalformedLine[] = [],
): FolderRules {
  const patterns = rules.map(({ pattern }) => pattern);
  const { matches, deciding } = matcher(patterns);
  const isNever = (path: RelativePath) => never.size > 0 && never.has(path);
  const isUnfinished = (path: RelativePath) =>
    path.endsWith('.part') && UNFINISHED_DOWNLOAD.test(path);
  const excludesFile = (path: RelativePath) => isNever(path) || isUnfinished(path) || matches(path);
  return {
    ignoresDirectory: (path) => path !== '' && (isNever(path) || matches(`${path}/`)),
    ignoresFile: (path) => excludesFile(path) || (selects !== undefined && !selects(path)),
    excludesFile,
    exclusionOf(path, isFolder) {
      if (isNever(path) || (!isFolder && isUnfinished(path))) return OWN;
      const at = deciding(isFolder ? `${path}/` : path);
      const rule = at === undefined ? undefined : rules[at];
      if (rule !== undefined) return { pattern: rule.written, place: rule.place };
      return isFolder ? OWN : UNSELECTED;
    },
    within(folder, ignoreFile) {
      const placed = placedRules(folder, ignoreFile);
      return folderRules([...rules, ...placed], selects, never, malformedOf(linesOf(ignoreFile)));
    },
    malformed,
    equals: (other) =>
      other.patterns.length === patterns.length &&
      patterns.every((pattern, at) => pattern === other.patterns[at]),
    patterns,
  };
}

/** A folder that no pattern excludes is ignored for what it is: one of longshore's own, under another name. */
const OWN: Exclusion = { pattern: '', place: { kind: 'own' } };
const UNSELECTED: Exclusion = { pattern: '', place: undefined };

/** The patterns of an ignore file in `folder`, in the order in which they apply. */
export function placedRules(folder: RelativePath, ignoreFile: string): readonly PlacedRule[] {
  const path = joinPath(folder, IGNORE_FILE);
  return linesOf(ignoreFile).flatMap((written, at) =>
    placedBelow(folder, [written]).map((pattern) => ({
      written,
      pattern,
      place: { kind: 'ignore-file', path, line: at + 1 } as const,
    })),
  );
}

/** The patterns of an ignore file, without trailing spaces that do not count. */
function linesOf(ignoreFile: string): readonly string[] {
  return ignoreFile
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map(withoutTrailingSpaces);
}

/** The first few; a file that is no list of patterns has many. */
function malformedOf(lines: readonly string[]): MalformedLine[] {
  const found: MalformedLine[] = [];
  for (const [at, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const problem = patternProblem(line);
    if (problem !== undefined) found.push({ line: at + 1, pattern: line, problem });
    if (found.length === MALFORMED_REPORTED) break;
  }
  return found;
}

const MALFORMED_REPORTED = 10;

/**
 * The patterns of an ignore file in `folder`, rewritten so that they mean the same from the top of the source. One list
 * then holds all rules in git's order (deeper files later, the last match decides), and a folder that is ignored from
 * above stays ignored. See gitignore(5), "Pattern format".
 */
function placedBelow(folder: RelativePath, lines: readonly string[]): string[] {
  return lines.flatMap((line) => (line.startsWith('#') ? [] : placeOne(folder, line)));
}

function placeOne(folder: RelativePath, line: string): string[] {
  const negative = line.startsWith('!');
  const body = negative ? line.slice(1) : line;
  if (body === '' || body === '/') return [];
  if (folder === '') return [line];
  const anchored = body.slice(0, -1).includes('/');
  const top = `/${folder.replace(/[\\*?[]/g, '\\$&')}`;
  const placed = anchored
    ? `${top}/${body.startsWith('/') ? body.slice(1) : body}`
    : `${top}/**/${body}`;
  return [negative ? `!${placed}` : placed];
}

/** Spaces at the end of a pattern do not count, unless the last is quoted with a backslash. */
function withoutTrailingSpaces(line: string): string {
  const trimmed = line.replace(/ +$/, '');
  const backslashes = /\\*$/.exec(trimmed)?.[0].length ?? 0;
  return backslashes % 2 === 1 && trimmed.length < line.length ? `${trimmed} ` : trimmed;
}
