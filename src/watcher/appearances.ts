import type { RelativePath } from './entry.js';

/** Files that events have seen to appear under a path, for as long as the hint of that path has not been taken. */
export interface Appearances {
  /** `inode` undefined: there is no file at the path. */
  note(path: RelativePath, inode: bigint | undefined): void;
  forget(path: RelativePath): void;
  pathsOf(inode: bigint): readonly RelativePath[];
}

/** Bounded by the hints that wait or were taken last: the caller that notes a path also forgets it. */
export function createAppearances(): Appearances {
  const inodes = new Map<RelativePath, bigint>();
  const paths = new Map<bigint, Set<RelativePath>>();

  function forget(path: RelativePath): void {
    const inode = inodes.get(path);
    if (inode === undefined) return;
    inodes.delete(path);
    const others = paths.get(inode);
    others?.delete(path);
    if (others?.size === 0) paths.delete(inode);
  }

  return {
    forget,
    note(path, inode) {
      forget(path);
      if (inode === undefined) return;
      inodes.set(path, inode);
      paths.set(inode, (paths.get(inode) ?? new Set()).add(path));
    },
    pathsOf: (inode) => [...(paths.get(inode) ?? [])],
  };
}
