import { type BigIntStats, realpathSync } from 'node:fs';
import { statPath } from '../file-stat.js';
import type { RelativePath } from './entry.js';
import { errorCode, isAbsence, problem, refusal, type WalkProblem } from './problem.js';

/** `preserve`: a link is an object of its own, with the target's text as content. */
export type LinkMode = 'skip' | 'follow' | 'preserve';

/** What a preserved link's object is called after the link's own name: rclone's convention (`--links`). */
export const LINK_SUFFIX = '.rclonelink';

/**
 * The final target of a link. Refused: targets outside of the source, or in one of the
 * folders of `never` (both without links), since a mirror must not copy files that are not in its source.
 */
export function followLink(
  path: RelativePath,
  onDisk: string,
  realRoot: string,
  never: readonly string[],
): BigIntStats | WalkProblem {
  try {
    const target = realpathSync(onDisk);
    const outside = !isWithin(target, realRoot);
    if (outside || never.some((folder) => isWithin(target, folder))) {
      const where = outside ? 'outside of the source' : 'into a folder that is never mirrored';
      return problem(
        path,
        'link-outside',
        `is a symbolic link that leads ${where}, to ${target}`,
        'path-and-below',
      );
    }
    return statPath(target);
  } catch (error) {
    if (isAbsence(error))
      return problem(
        path,
        'link-dangling',
        'is a symbolic link to something that is not there',
        'path-and-below',
      );
    if (errorCode(error) === 'ELOOP')
      return problem(
        path,
        'link-loop',
        'is a symbolic link that leads back to itself',
        'path-and-below',
      );
    return refusal(path, error);
  }
}

/** Whether a path, without links, is a folder or below it. */
export function isWithin(target: string, folder: string): boolean {
  return target === folder || target.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
