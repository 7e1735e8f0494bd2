import { readdirSync } from 'node:fs';
import { Refusal } from './failure.js';
import { statEntry } from './stat.js';

/** What is asked of a file system here. */
export interface Names {
  exists(path: string): boolean;
  entries(folder: string): readonly string[];
}

const onDisk: Names = {
  exists: (path) => statEntry(path) !== undefined,
  entries: (folder) => readdirSync(folder),
};

/**
 * Where a file system takes two names for one (as vfat, APFS and NTFS do with `A` and `a`), refuses an object that
 * would silently take the place of another, or be put into another's folder.
 */
export function refuseCaseCollision(container: string, key: string, names: Names = onDisk): void {
  let folder = container;
  for (const segment of key.split('/')) {
    const path = `${folder}/${segment}`;
    if (!names.exists(path)) return;
    if (!names.entries(folder).includes(segment)) {
      const obstacle = `another name that this file system does not tell from "${path.slice(container.length + 1)}" stands in the way`;
      throw new Refusal({ kind: 'in-the-way', key, obstacle });
    }
    folder = path;
  }
}
