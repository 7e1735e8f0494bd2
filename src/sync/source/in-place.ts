import { readlinkSync, realpathSync } from 'node:fs';
import { isWithin } from '../../watcher/links.js';
import type { KeptAttributes } from '../file-attributes.js';

/** Where a mirror's files are read. */
export interface ReadFrom {
  /** The mirror's folder by its configured, absolute path. */
  readonly source: string;
  /** Whether symbolic links are followed that stay in the source; else no segment below it may be one. */
  readonly follow: boolean;
  /** Those that are read with each file; undefined: none. */
  readonly attributes?: KeptAttributes | undefined;
}

/**
 * Checks whether what was opened under a path is what the path says: in a mirror that follows no links the very file of
 * that name, else one inside the source. A folder can be exchanged for a symbolic link between a look and an open, and
 * O_NOFOLLOW is about the last segment alone: what is opened through such a link was never a file of that name, and may
 * be another user's. `fd`: the open file; without it only the path counts. Throws as the system does.
 */
export function openPlaceCheck({
  source,
  follow,
}: ReadFrom): (path: string, fd?: number) => boolean {
  let root: string | undefined;
  return (path, fd) => {
    root ??= realpathSync.native(source);
    const real = (fd === undefined ? undefined : pathOfOpen(fd)) ?? realpathSync.native(path);
    if (follow) return isWithin(real, root);
    const expected = belowRoot(root, path, source);
    // Two folders whose names differ in case alone may be links to one another, where the file system distinguishes case.
    return (
      real === expected || (isSamePath(real, expected) && realpathSync.native(path) === expected)
    );
  };
}

/** The path below `root` that `path` is below `source`. Not normalised, which costs as much as reading a small file. */
function belowRoot(root: string, path: string, source: string): string {
  const behind = path.slice(source.length);
  const below = behind.startsWith('/') ? behind.slice(1) : behind;
  if (below === '') return root;
  return root === '/' ? root + below : `${root}/${below}`;
}

/** Where the open file is, whatever has become of its path; undefined where the system does not tell (proc(5)). */
function pathOfOpen(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

/** A file system that ignores case, or the form of Unicode, may report a name in another spelling than the one asked for. */
export function isSamePath(a: string, b: string): boolean {
  return a === b || folded(a) === folded(b);
}

function folded(path: string): string {
  return path.normalize('NFC').toLowerCase();
}
