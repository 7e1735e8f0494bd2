import { readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
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
    const expected = join(root, path.slice(source.length));
    // Two folders whose names differ in case alone may be links to one another, where the file system distinguishes case.
    return (
      real === expected || (isSamePath(real, expected) && realpathSync.native(path) === expected)
    );
  };
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
