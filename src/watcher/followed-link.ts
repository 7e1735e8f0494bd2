import { realpathSync } from 'node:fs';
import type { RelativePath } from './entry.js';
import { identify, sameIdentity } from './identity.js';
import { isBelow, pathOnDisk } from './path.js';
import { errorCode, isAbsence, isForbidden } from './problem.js';
import { ancestors, type WatchedFolder } from './watched-folder.js';

/**
 * Whether a symbolic link leads to a folder inside the source that is none of those that hold the link.
 * @throws as stat and realpath do, where the link itself is not to blame
 */
export function isFollowable(root: string, path: RelativePath, parent: WatchedFolder): boolean {
  const absolute = pathOnDisk(root, path);
  try {
    const identity = identify(absolute, true);
    if (identity === undefined) return false;
    if ([parent, ...ancestors(parent)].some((folder) => sameIdentity(folder.identity, identity)))
      return false;
    return isBelow(realpathSync(absolute), realpathSync(root));
  } catch (error) {
    // Dangling, a circle of links, or without permission: the scan reports it.
    const code = errorCode(error);
    if (isAbsence(error) || isForbidden(error) || code === 'ELOOP' || code === 'ENAMETOOLONG')
      return false;
    throw error;
  }
}
