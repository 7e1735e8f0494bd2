import type { ObjectName } from '../state/object-index.js';
import type { RelativePath } from '../watcher/entry.js';
import { nameOfKey } from './naming.js';

/** Below a mirror's prefix: what longshore itself keeps in the container, beside the objects of the files. */
export const OWN_FOLDER = '.longshore/';

/**
 * Object names below a mirror's prefix that are longshore's own. They are no part of what is compared: a listing leaves
 * them out, so that they are neither extraneous nor deleted, and a file of the source that would have one is refused.
 */
export interface ReservedNames {
  has(name: ObjectName): boolean;
  /** Paths in the source at and below which no file can be mirrored. */
  readonly paths: readonly RelativePath[];
}

/** `trashPrefix` (of the mirror's settings) ends in `/`; one that lies below OWN_FOLDER, as the default does, adds nothing. */
export function reservedNames({ trashPrefix }: { readonly trashPrefix: string }): ReservedNames {
  const pathOf = (folder: string): RelativePath => folder.slice(0, -1);
  if (trashPrefix.startsWith(OWN_FOLDER))
    return { has: (name) => name.startsWith(OWN_FOLDER), paths: [pathOf(OWN_FOLDER)] };
  return {
    has: (name) => name.startsWith(OWN_FOLDER) || name.startsWith(trashPrefix),
    paths: [pathOf(OWN_FOLDER), pathOf(trashPrefix)],
  };
}

/** Where in its container a mirror's objects are. */
export interface MirrorPrefixes {
  readonly prefix: string;
  readonly trashPrefix: string;
}

/**
 * The names of what is listed below a mirror's prefix. Undefined for what is reserved, and for the "folder" object that some
 * tools put at the prefix itself.
 */
export function namesListed(prefixes: MirrorPrefixes): (key: string) => ObjectName | undefined {
  const reserved = reservedNames(prefixes);
  return (key) => {
    const name = nameOfKey(prefixes.prefix, key);
    return name === undefined || reserved.has(name) ? undefined : name;
  };
}
