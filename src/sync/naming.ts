import type { ObjectName } from '../state/object-index.js';
import type { LocalEntry, RelativePath } from '../watcher/entry.js';
import { LINK_SUFFIX, type LinkMode } from '../watcher/links.js';

/**
 * What things are called in the container, below the mirror's prefix. Exact both ways: no two things of a source have
 * one name, since a walk that preserves links refuses files whose names look like a link's.
 */
export interface Naming {
  nameOf(entry: Pick<LocalEntry, 'path' | 'kind'>): ObjectName;
  /** Not every name is one that a source can have (`a//b`, `../a`): see isRelativePath. */
  pathOf(name: ObjectName): RelativePath;
  /** Every name that something at this path may have. */
  namesAt(path: RelativePath): readonly ObjectName[];
}

export function createNaming(symlinks: LinkMode): Naming {
  const nameOf: Naming['nameOf'] = ({ path, kind }) =>
    kind === 'symlink' ? path + LINK_SUFFIX : path;
  if (symlinks !== 'preserve') return { nameOf, pathOf: (name) => name, namesAt: (path) => [path] };
  return {
    nameOf,
    pathOf: (name) => (name.endsWith(LINK_SUFFIX) ? name.slice(0, -LINK_SUFFIX.length) : name),
    namesAt: (path) =>
      path.endsWith(LINK_SUFFIX) ? [path + LINK_SUFFIX] : [path, path + LINK_SUFFIX],
  };
}

/** The object's name below a mirror's prefix; undefined for a key that is not below it. */
export function nameOfKey(prefix: string, key: string): ObjectName | undefined {
  return key.length > prefix.length && key.startsWith(prefix)
    ? key.slice(prefix.length)
    : undefined;
}
