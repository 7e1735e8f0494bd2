import { openSpill } from '../sync/scan/spill.js';

/** Folders that are to be finished, the deepest first. */
export interface FoldersByDepth<T> {
  add(folder: T): void;
  /** Whether a folder of this path was added. Costs a look at all of its depth. */
  has(segments: readonly string[]): boolean;
  /** The folders of one depth after the other, from the deepest on. None of one depth lies in another of it. */
  levels(): Generator<Iterable<T>, void>;
  /** Gives the disk space back. A second call does nothing. */
  close(): void;
}

/** Folders of one depth that memory holds; more of them are on disk. */
const IN_MEMORY = 1_000;

/** `folder`: where what memory does not hold is written. Items are plain JSON. */
export function openFoldersByDepth<T extends { readonly segments: readonly string[] }>(
  folder: string,
): FoldersByDepth<T> {
  const byDepth = new Map<number, ReturnType<typeof openSpill<T>>>();
  return {
    add(item) {
      const depth = item.segments.length;
      const level = byDepth.get(depth) ?? openSpill<T>(folder, IN_MEMORY);
      byDepth.set(depth, level);
      level.add(item);
    },
    has(segments) {
      const path = segments.join('/');
      for (const each of byDepth.get(segments.length)?.items() ?? [])
        if (each.segments.join('/') === path) return true;
      return false;
    },
    *levels() {
      for (const depth of [...byDepth.keys()].sort((a, b) => b - a))
        yield byDepth.get(depth)?.items() ?? [];
    },
    close() {
      for (const level of byDepth.values()) level.close();
    },
  };
}
