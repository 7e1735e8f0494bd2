import type { ObjectName } from '../state/object-index.js';
import { compareNames, isWellFormed } from '../utf8-order.js';

/** A folder that begins at or before a name and may have files behind it, so that two shards cut there both write into it. */
export interface CutFolder {
  /** Names that an object which stands for it may have: with a `/` at its end, or as Swift's tools mark folders. */
  readonly objects: readonly ObjectName[];
  /** Below the root. */
  readonly path: string;
}

/** The folders that a cut behind this name goes through, outermost first. Empty for the empty name. */
export function foldersCutBy(name: ObjectName): readonly CutFolder[] {
  const found: CutFolder[] = [];
  for (let end = 1; end <= name.length; end += 1) {
    const path = name.slice(0, end);
    const next = name[end];
    // A marker "a" comes before "a-", and what is in the folder after it.
    const isInside = next === '/';
    const isBefore = next === undefined || compareNames(next, '/') < 0;
    if (path.endsWith('/') || !isWellFormed(path) || !(isInside || isBefore)) continue;
    found.push({ path, objects: isInside ? [`${path}/`, path] : [path] });
  }
  return found;
}

/** The folders above a name, outermost first. */
export function foldersAbove(name: ObjectName): readonly CutFolder[] {
  const found: CutFolder[] = [];
  for (let slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
    const path = name.slice(0, slash);
    found.push({ path, objects: [`${path}/`, path] });
  }
  return found;
}
