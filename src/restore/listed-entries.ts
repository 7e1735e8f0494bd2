import type { RestoreSource } from './restore-context.js';
import { restoredPath } from './restored-path.js';

/** A line of a listing: an object, or a folder that has some. */
export type ListedEntry =
  | {
      readonly kind: 'file' | 'symlink' | 'folder';
      /** Where it would be restored; its name where no path can have it. A folder's ends in `/`. */
      readonly path: string;
      readonly source: RestoreSource;
    }
  | { readonly kind: 'folder'; readonly path: string; readonly source?: undefined };

/** What an object is in a listing. `links`: see restoredPath. */
export function entryOf(source: RestoreSource, links: boolean): ListedEntry {
  const path = restoredPath(source.name, links);
  if ('refused' in path) return { kind: 'file', path: source.name, source };
  const joined = path.segments.join('/');
  return { kind: path.kind, path: path.kind === 'folder' ? `${joined}/` : joined, source };
}

/**
 * The entries directly in a folder, each folder once, given all that is below it; an entry that is not below it is that of a
 * file. `folder` is empty, or ends in `/`. Memory holds the names of its folders.
 */
export async function* entriesIn(
  folder: string,
  entries: AsyncIterable<ListedEntry>,
): AsyncGenerator<ListedEntry, void> {
  const seen = new Set<string>();
  for await (const entry of entries) {
    const rest = entry.path.slice(folder.length);
    const slash = rest.indexOf('/');
    if (slash < 0 || !entry.path.startsWith(folder)) {
      yield entry;
      continue;
    }
    const below = folder + rest.slice(0, slash + 1);
    if (below === folder || seen.has(below)) continue;
    seen.add(below);
    yield { kind: 'folder', path: below };
  }
}

/** Each entry with its own folders before it, where they were not given yet, and how deep it is: 0 is directly in `folder`. */
export async function* treeOf(
  folder: string,
  entries: AsyncIterable<ListedEntry>,
): AsyncGenerator<
  { readonly depth: number; readonly name: string; readonly entry: ListedEntry },
  void
> {
  let open: readonly string[] = [];
  for await (const entry of entries) {
    const isBelow = entry.path.startsWith(folder);
    const parts = isBelow ? entry.path.slice(folder.length).split('/') : [entry.path];
    const name = parts.pop() ?? '';
    const same = parts.findIndex((part, depth) => part !== open[depth]);
    for (let depth = same < 0 ? parts.length : same; depth < parts.length; depth++) {
      const path = `${folder}${parts.slice(0, depth + 1).join('/')}/`;
      yield { depth, name: `${parts[depth]}/`, entry: { kind: 'folder', path } };
    }
    open = parts;
    if (name !== '') yield { depth: parts.length, name, entry };
  }
}
