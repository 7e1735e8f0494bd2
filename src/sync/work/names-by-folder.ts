import type { ObjectName } from '../../state/object-index.js';

/** Names by the folders above them: what lies below a folder is found without a look at any other name. */
export interface NamesByFolder {
  add(name: ObjectName): void;
  delete(name: ObjectName): void;
  /** The names below this folder, in no order. */
  below(folder: string): readonly ObjectName[];
}

export function createNamesByFolder(names: Iterable<ObjectName>): NamesByFolder {
  /** For each folder what lies directly in it. A name may be a folder as well: `a` and `a/b`. */
  const folders = new Map<string, Inside>();

  function inside(folder: string): Inside {
    const known = folders.get(folder);
    if (known !== undefined) return known;
    const made: Inside = { names: new Set(), folders: new Set() };
    folders.set(folder, made);
    if (folder !== '') inside(parentOf(folder)).folders.add(folder);
    return made;
  }

  /** Forgets a folder without names, and those above it that become so. */
  function prune(folder: string): void {
    const found = folders.get(folder);
    if (folder === '' || found === undefined || found.names.size + found.folders.size > 0) return;
    folders.delete(folder);
    const parent = parentOf(folder);
    folders.get(parent)?.folders.delete(folder);
    prune(parent);
  }

  const add = (name: ObjectName): void => void inside(parentOf(name)).names.add(name);
  for (const name of names) add(name);

  return {
    add,
    delete(name) {
      const folder = parentOf(name);
      if (folders.get(folder)?.names.delete(name)) prune(folder);
    },
    below(folder) {
      const found: ObjectName[] = [];
      const open = [folder];
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        const here = folders.get(at);
        if (here === undefined) continue;
        for (const name of here.names) found.push(name);
        for (const each of here.folders) open.push(each);
      }
      return found;
    },
  };
}

interface Inside {
  readonly names: Set<ObjectName>;
  readonly folders: Set<string>;
}

/** Empty for a name in no folder. */
function parentOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}
