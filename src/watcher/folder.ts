import { lstatPath, statPath } from '../file-stat.js';
import type { RelativePath } from './entry.js';
import { type FolderRules, IGNORE_FILE, type MalformedLine } from './filter.js';
import { rulesInside } from './ignore-file.js';
import { joinPath, pathOnDisk } from './path.js';
import { isAbsence, problem, refusal, type WalkProblem } from './problem.js';
import { readDirectory, type UnnameableEntry } from './read-directory.js';
import { confirmSource, SourceMissingError, sourceMissing } from './source.js';
import type { Directory, WalkContext } from './stat-entry.js';

/** A directory that was read, and the rules for what is in it. */
export interface Folder {
  readonly kind: 'folder';
  readonly directory: Directory;
  readonly rules: FolderRules;
  /** Sorted as UTF-8 bytes. */
  readonly names: readonly string[];
  /** What is wrong with its ignore file. */
  readonly warnings: readonly WalkProblem[];
  /** Names that are not UTF-8. */
  readonly notUtf8: readonly UnnameableEntry[];
}

/**
 * Reads a directory; `around` are the rules inside the folder that holds it. Undefined when it went away.
 * @throws SourceMissingError for the source itself, instead of either
 */
export function openFolder(
  at: WalkContext,
  directory: Directory,
  around: FolderRules,
): Folder | WalkProblem | undefined {
  const { path } = directory;
  const onDisk = pathOnDisk(at.source.root, path);
  try {
    const { names, notUtf8 } = readDirectory(onDisk);
    const rules = names.includes(IGNORE_FILE) ? rulesInside(path, onDisk, around) : around;
    if ('kind' in rules) return rules;
    const fate = fateOf(at, directory);
    if (fate !== 'same') return fate === 'gone' ? undefined : fate;
    const warnings = rules === around ? [] : rules.malformed.map((line) => malformedIn(path, line));
    return { kind: 'folder', directory, rules, warnings, names, notUtf8 };
  } catch (error) {
    if (error instanceof SourceMissingError) throw error;
    if (path === '') throw sourceMissing(at.source.root, error);
    return isAbsence(error) ? undefined : refusal(path, error);
  }
}

function malformedIn(
  folder: RelativePath,
  { line, pattern, problem: why }: MalformedLine,
): WalkProblem {
  const detail = `line ${line}: the pattern ${JSON.stringify(pattern)} is malformed: ${why}`;
  return problem(joinPath(folder, IGNORE_FILE), 'pattern-malformed', detail, 'nothing');
}

/**
 * Compares a directory with what it was when it was found. When another one, or a link, took its place, the names that
 * were read say nothing about it: a problem. Undefined: it is the same, or it is gone with all that was in it.
 * @throws SourceMissingError when the source itself is gone or was replaced
 */
export function whatBecameOf(at: WalkContext, directory: Directory): WalkProblem | undefined {
  const fate = fateOf(at, directory, at.folderDone);
  return typeof fate === 'string' ? undefined : fate;
}

function fateOf(
  at: WalkContext,
  { path, device, inode }: Directory,
  seen: WalkContext['folderDone'] = () => {},
): 'same' | 'gone' | WalkProblem {
  if (path === '') {
    seen(confirmSource(at.source));
    return 'same';
  }
  try {
    const now = (at.symlinks === 'follow' ? statPath : lstatPath)(pathOnDisk(at.source.root, path));
    seen(now);
    return now.dev === device && now.ino === inode ? 'same' : replaced(path);
  } catch (error) {
    return isAbsence(error) ? 'gone' : refusal(path, error); // after a failed stat it is not known to be the same
  }
}

function replaced(path: RelativePath): WalkProblem {
  const detail = 'was replaced by another folder while it was read; it is read again soon';
  return { ...problem(path, 'unreadable', detail, 'path-and-below'), transient: true };
}
