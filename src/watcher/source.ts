import { type BigIntStats, opendirSync, realpathSync } from 'node:fs';
import { statPath } from '../file-stat.js';
import type { RelativePath } from './entry.js';
import { errorCode, explain } from './problem.js';

/** The folder at the top of a mirror, at the time of its stat. */
export interface Source {
  /** The absolute path that the configuration names. */
  readonly root: string;
  /** The same without symbolic links: paths outside of it do not belong to the mirror. */
  readonly realRoot: string;
  readonly device: bigint;
  readonly inode: bigint;
  /** As the file system reports it; 0 where it does not. */
  readonly birthtimeNs: bigint;
}

/** The source is missing, no folder, not readable, or was replaced during a walk. It never counts as an empty one. */
export class SourceMissingError extends Error {
  override readonly name = 'SourceMissingError';
  readonly root: string;
  /** The problem alone, without the path; with `root` it makes the error again in another thread. */
  readonly problem: string;

  constructor(root: string, problem: string, options?: { readonly cause: unknown }) {
    super(
      `the source ${root} ${problem}; nothing is deleted or uploaded until it is back`,
      options,
    );
    this.root = root;
    this.problem = problem;
  }
}

/** @throws SourceMissingError */
export function openSource(root: string): Source {
  try {
    const stat = statPath(root);
    if (!stat.isDirectory())
      throw new SourceMissingError(root, 'is not a folder: correct `source` in the configuration');
    opendirSync(root).closeSync();
    return {
      root,
      realRoot: realpathSync(root),
      device: stat.dev,
      inode: stat.ino,
      birthtimeNs: stat.birthtimeNs,
    };
  } catch (error) {
    throw error instanceof SourceMissingError ? error : sourceMissing(root, error);
  }
}

/**
 * Makes sure that the source is still the folder that it was when it was opened.
 * @throws SourceMissingError
 */
export function confirmSource({ root, device, inode }: Source): BigIntStats {
  let now: BigIntStats;
  try {
    now = statPath(root);
  } catch (error) {
    throw sourceMissing(root, error);
  }
  if (now.dev !== device || now.ino !== inode) {
    throw new SourceMissingError(
      root,
      'was unmounted, or replaced by another folder, while it was read',
    );
  }
  return now;
}

export function sourceMissing(root: string, cause: unknown): SourceMissingError {
  const absent = errorCode(cause) === 'ENOENT';
  const problem = absent
    ? 'does not exist: mount or create it'
    : `cannot be read: ${explain(cause)}`;
  return new SourceMissingError(root, problem, { cause });
}

/**
 * Whether nothing at all is in the source but `never` (what longshore itself keeps there) and `lost+found` (which every
 * new ext4 has): a disk that is not mounted looks like that.
 * @throws SourceMissingError
 */
export function isEmptySource(root: string, never: readonly RelativePath[]): boolean {
  try {
    const directory = opendirSync(root, { bufferSize: 4 });
    try {
      for (let found = directory.readSync(); found !== null; found = directory.readSync()) {
        const { name } = found;
        if (
          name !== 'lost+found' &&
          !never.some((path) => path === name || path.startsWith(`${name}/`))
        )
          return false;
      }
      return true;
    } finally {
      directory.closeSync();
    }
  } catch (error) {
    throw sourceMissing(root, error);
  }
}
