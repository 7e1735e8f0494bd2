import type { ObjectName } from '../state/object-index.js';
import type { LocalEntry, RelativePath } from '../watcher/entry.js';
import { LINK_SUFFIX, type LinkMode } from '../watcher/links.js';
import type { FolderMode } from '../watcher/stat-entry.js';

/**
 * What things are called in the container, below the mirror's prefix. Exact both ways: no two things of a source have
 * one name, since a walk that preserves links refuses files whose names look like a link's, and no path ends in `/`.
 */
export interface Naming {
  nameOf(entry: Pick<LocalEntry, 'path' | 'kind'>): ObjectName;
  /** Not every name is one that a source can have (`a//b`, `../a`): see isRelativePath. */
  pathOf(name: ObjectName): RelativePath;
  /** Every name that something at this path may have. */
  namesAt(path: RelativePath): readonly ObjectName[];
}

/** What ends the name of a folder's object. S3's console, s3cmd, Hadoop and rclone (`directory_markers`) mark folders so. */
const FOLDER_SUFFIX = '/';

export function createNaming(symlinks: LinkMode, folders: FolderMode = 'skip'): Naming {
  const suffixOfFolders = folders === 'keep' ? [FOLDER_SUFFIX] : [];
  const suffixOfLinks = symlinks === 'preserve' ? [LINK_SUFFIX] : [];
  const suffixes = [...suffixOfFolders, ...suffixOfLinks];
  const others = [...suffixOfLinks, ...suffixOfFolders]; // in the order of UTF-8 bytes
  return {
    nameOf: ({ path, kind }) => path + SUFFIXES[kind],
    pathOf(name) {
      const suffix = suffixes.find((each) => name.endsWith(each));
      return suffix === undefined ? name : name.slice(0, -suffix.length);
    },
    namesAt: (path) => [
      ...(suffixOfLinks.some((each) => path.endsWith(each)) ? [] : [path]),
      ...others.map((suffix) => path + suffix),
    ],
  };
}

const SUFFIXES = { file: '', symlink: LINK_SUFFIX, folder: FOLDER_SUFFIX } as const;

/** Whether an object has the name of a folder's object. No path of a file ends so. */
export function isFolderName(name: ObjectName): boolean {
  return name.endsWith(FOLDER_SUFFIX);
}

/** The object's name below a mirror's prefix; undefined for a key that is not below it. */
export function nameOfKey(prefix: string, key: string): ObjectName | undefined {
  return key.length > prefix.length && key.startsWith(prefix)
    ? key.slice(prefix.length)
    : undefined;
}
