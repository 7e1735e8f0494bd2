import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { lstatPathIfAny, statDescriptor } from '../file-stat.js';
import type { RelativePath } from './entry.js';
import { type FolderRules, IGNORE_FILE } from './filter.js';
import { explain, unreadable, type WalkProblem } from './problem.js';

/** Bytes; larger than any list that people write. A larger file is a mistake or an attack, and is not read. */
const LARGEST_IGNORE_FILE = 1024 * 1024;

/**
 * The rules inside a folder: those of the folder around it, and its own ignore file's where it has one. When that file
 * cannot be read its rules are unknown: then it is a problem, and the folder is neither mirrored nor
 * deleted from.
 */
export function rulesInside(
  folder: RelativePath,
  onDisk: string,
  around: FolderRules,
): FolderRules | WalkProblem {
  let text: string | undefined;
  try {
    text = readIgnoreFile(`${onDisk}/${IGNORE_FILE}`);
  } catch (error) {
    const detail = `what it leaves out is unknown, because its ${IGNORE_FILE} cannot be read: ${explain(error)}`;
    return unreadable(folder, detail, error);
  }
  return text === undefined ? around : around.within(folder, text);
}

/** The same for callers that can do with partial rules: a file that cannot be read ignores nothing. */
export function knownRulesInside(
  folder: RelativePath,
  onDisk: string,
  around: FolderRules,
): FolderRules {
  const inside = rulesInside(folder, onDisk, around);
  return 'kind' in inside ? around : inside;
}

/** The text of an ignore file. Undefined when there is none. Throws unless it is a readable regular file of at most 1 MiB. */
export function readIgnoreFile(onDisk: string): string | undefined {
  // Nearly no folder has one, and an exception would cost more than all else here. A link to nothing is one whose rules are missing.
  if (lstatPathIfAny(onDisk) === undefined) return undefined;
  const descriptor = openSync(onDisk, constants.O_RDONLY | constants.O_NONBLOCK); // a FIFO would block without end
  try {
    const stat = statDescriptor(descriptor);
    if (!stat.isFile()) throw new Error('it is not a regular file');
    if (stat.size > LARGEST_IGNORE_FILE)
      throw new Error(`it has ${stat.size} bytes; ${LARGEST_IGNORE_FILE} are the most`);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}
