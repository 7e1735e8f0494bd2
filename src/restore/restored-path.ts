import type { ObjectName } from '../state/object-index.js';
import { isWellFormed } from '../utf8-order.js';
import { LINK_SUFFIX } from '../watcher/links.js';
import { STAGING_PREFIX } from './staging.js';

/** What an object becomes below the folder that is restored to. */
export interface RestoredPath {
  readonly kind: 'file' | 'symlink' | 'folder';
  /** The names of the folders on the way, outermost first, then its own. Each is one that a folder can hold. */
  readonly segments: readonly [string, ...string[]];
}

/** Why no path below a folder can have an object's name. */
export interface RefusedName {
  readonly refused: string;
}

/** NAME_MAX of every Linux file system that matters. */
const SEGMENT_BYTES = 255;

/**
 * Where an object belongs, by its name alone. Whatever the name, the path is below the folder: a name with `..`, a leading `/`,
 * a NUL or an empty part is refused, and nothing of it is changed to make it fit. A name that ends in `/` is that of a folder,
 * as tools store them that keep empty ones. `links`: whether objects whose names end in rclone's suffix become links.
 */
export function restoredPath(name: ObjectName, links: boolean): RestoredPath | RefusedName {
  if (name.includes('\0')) return { refused: 'its name has a NUL in it, which no file name can' };
  if (!isWellFormed(name)) return { refused: 'its name has no UTF-8 form' };
  const isFolder = name.endsWith('/');
  const isLink = links && !isFolder && name.endsWith(LINK_SUFFIX);
  const path = isFolder ? name.slice(0, -1) : isLink ? name.slice(0, -LINK_SUFFIX.length) : name;
  const [first, ...others] = path.split('/');
  const segments = [first ?? '', ...others] as const;
  if (segments[0].startsWith(STAGING_PREFIX))
    return { refused: `its name begins with "${STAGING_PREFIX}", as unfinished restores do` };
  for (const segment of segments) {
    const refused = segmentProblem(segment);
    if (refused !== undefined) return { refused };
  }
  return { kind: isFolder ? 'folder' : isLink ? 'symlink' : 'file', segments };
}

function segmentProblem(segment: string): string | undefined {
  if (segment === '') return 'its name begins or ends with "/", or has "//" in it';
  if (segment === '.' || segment === '..')
    return `its name has the part "${segment}", which leads to another folder`;
  if (segment.length * 3 > SEGMENT_BYTES && Buffer.byteLength(segment) > SEGMENT_BYTES)
    return `the part "${segment.slice(0, 20)}…" of its name is longer than ${SEGMENT_BYTES} bytes, which no file name can be`;
  return undefined;
}
