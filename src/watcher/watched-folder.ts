import type { DirectoryWatch } from './directory-watch.js';
import type { RelativePath } from './entry.js';
import type { FolderRules } from './filter.js';
import type { Identity } from './identity.js';

/** A folder that is watched, or should be. A tree of up to a million of these is held in memory: no field without need. */
export interface WatchedFolder {
  readonly parent: WatchedFolder | undefined;
  readonly name: string;
  /** A symbolic link to a folder. */
  readonly link: boolean;
  children: Map<string, WatchedFolder> | undefined;
  identity: Identity | undefined;
  /** What is ignored in it; undefined until it was read. Most folders share the rules of the folder around them. */
  rules: FolderRules | undefined;
  watch: DirectoryWatch | undefined;
  /** Its state: see folder-step.ts. Only FolderLives sets these two. */
  queued: boolean;
  gone: boolean;
}

export function createFolder(
  parent: WatchedFolder | undefined,
  name: string,
  link: boolean,
): WatchedFolder {
  const folder: WatchedFolder = {
    parent,
    name,
    link,
    children: undefined,
    identity: undefined,
    rules: undefined,
    watch: undefined,
    queued: false,
    gone: false,
  };
  if (parent !== undefined) {
    parent.children ??= new Map();
    parent.children.set(name, folder);
  }
  return folder;
}

export function pathOf(folder: WatchedFolder): RelativePath {
  const names: string[] = [];
  for (let at = folder; at.parent !== undefined; at = at.parent) names.push(at.name);
  return names.reverse().join('/');
}

export function* ancestors(folder: WatchedFolder): Generator<WatchedFolder, void> {
  for (let at = folder.parent; at !== undefined; at = at.parent) yield at;
}

export function find(root: WatchedFolder, path: RelativePath): WatchedFolder | undefined {
  let at: WatchedFolder | undefined = root;
  for (const name of path === '' ? [] : path.split('/')) at = at?.children?.get(name);
  return at;
}

/** Takes a folder and all below it from its parent, and returns them. */
export function detachFolder(folder: WatchedFolder): WatchedFolder[] {
  folder.parent?.children?.delete(folder.name);
  const removed = [folder];
  for (const each of removed)
    if (each.children !== undefined) removed.push(...each.children.values());
  return removed;
}
