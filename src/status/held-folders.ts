import type { ObjectName } from '../state/object-index.js';
import { compareNames } from '../utf8-order.js';
import type { HeldObjectsAnswer } from './schema-mirror.js';

/** Held changes below one folder. */
export type HeldFolder = HeldObjectsAnswer['folders'][number];

/** Counts what is held by folder, from all objects of a mirror in the order of their names. */
export interface HeldFolderCount {
  /** `bytes`: of the object. */
  add(name: ObjectName, isHeld: boolean, bytes: number): void;
  /** Those in which something is held, by name. */
  folders(): readonly HeldFolder[];
}

interface OpenFolder {
  readonly name: string;
  held: number;
  of: number;
  bytes: number;
}

/** Folders that are listed, and how deep they are at the most. */
const MOST = 1_000;
const DEEPEST = 32;

/**
 * Keeps the folders on the way to one name, and of those that are over the ones with something held: in bounded memory, as the
 * deepest are dropped when there are too many, and at last all but the first.
 */
export function createHeldFolders(most = MOST): HeldFolderCount {
  let depth = DEEPEST;
  let kept: HeldFolder[] = [];
  const open: OpenFolder[] = [];

  function close(): void {
    const folder = open.pop();
    if (folder === undefined || folder.held === 0 || depthOf(folder) > depth) return;
    kept.push(folder);
    while (kept.length > most && depth > 1) {
      depth -= 1;
      kept = kept.filter((each) => depthOf(each) <= depth);
    }
    if (kept.length > most) kept.pop();
  }

  function enter(name: ObjectName): void {
    while (open.length > 0 && !name.startsWith(open.at(-1)?.name ?? '')) close();
    for (let at = name.indexOf('/', open.at(-1)?.name.length ?? 0); at !== -1; ) {
      if (open.length >= depth) return;
      open.push({ name: name.slice(0, at + 1), held: 0, of: 0, bytes: 0 });
      at = name.indexOf('/', at + 1);
    }
  }

  return {
    add(name, isHeld, bytes) {
      enter(name);
      for (const folder of open) {
        folder.of += 1;
        if (!isHeld) continue;
        folder.held += 1;
        folder.bytes += bytes;
      }
    },
    folders() {
      while (open.length > 0) close();
      return kept.toSorted((a, b) => compareNames(a.name, b.name));
    },
  };
}

function depthOf({ name }: Pick<HeldFolder, 'name'>): number {
  let depth = 0;
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) depth += 1;
  return depth;
}
