import type { LmdbTable } from './lmdb-table.js';

/** So many names in a row are looked up in vain before the gap that they lie in is searched. */
const MISSES = 4;

/**
 * Looks keys up in a table that does not change meanwhile. Where keys ascend, those that lie between two keys of the table cost
 * a few lookups, and one search for the end of that gap: thousands of new files of a folder that is not in the index yet.
 */
export function lookUps(
  table: Pick<LmdbTable, 'get' | 'keyFrom'>,
): (key: Buffer) => Buffer | undefined {
  let misses = 0;
  /** The table has no key from the one to before the other; `end` undefined: none from there on. */
  let gap: { readonly begin: Buffer; readonly end: Buffer | undefined } | undefined;

  function isInGap(key: Buffer): boolean {
    if (gap === undefined || Buffer.compare(key, gap.begin) < 0) return false;
    return gap.end === undefined || Buffer.compare(key, gap.end) < 0;
  }

  return (key) => {
    if (isInGap(key)) return undefined;
    const found = table.get(key);
    misses = found === undefined ? misses + 1 : 0;
    if (misses === MISSES) {
      gap = { begin: key, end: table.keyFrom(key) };
      misses = 0;
    }
    return found;
  };
}
