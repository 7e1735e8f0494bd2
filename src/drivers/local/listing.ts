import type { BigIntStats } from 'node:fs';
import { compareNames, isWellFormed } from '../../utf8-order.js';
import type { ReadEntries } from './folder-entries.js';
import { hasRealParents } from './folders.js';
import { BESIDE_FOLDER } from './names.js';
import { statEntry } from './stat.js';

export interface ListedFile {
  readonly key: string;
  readonly stat: BigIntStats;
}

export interface FilePage {
  readonly files: readonly ListedFile[];
  readonly more: boolean;
}

/**
 * Up to `size` objects of a container whose names start with `prefix` and come behind `after`, in UTF-8 byte order. The
 * walk starts at `after`: nothing before it is looked at.
 */
export function listFiles(
  container: string,
  read: ReadEntries,
  prefix: string,
  after: string | undefined,
  size: number,
): FilePage {
  const files: ListedFile[] = [];
  const from = after ?? '';

  /** False when the page is full. */
  function visit(folder: string, start: string): boolean {
    const entries = read(folder === '' ? container : `${container}/${folder.slice(0, -1)}`) ?? [];
    for (let i = firstIndex(entries, folder, start, from); i < entries.length; i += 1) {
      const entry = entries[i] ?? '';
      if (!entry.startsWith(start)) break;
      if (folder === '' && entry === `${BESIDE_FOLDER}/`) continue;
      if (entry.endsWith('/')) {
        if (!visit(folder + entry, '')) return false;
        continue;
      }
      if (files.length === size) return false;
      const key = folder + entry;
      const stat = statEntry(`${container}/${key}`);
      if (stat?.isFile()) files.push({ key, stat });
    }
    return true;
  }

  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (!isWalkable(container, folder, prefix)) return { files, more: false };
  // Behind all that starts with this folder's name.
  if (compareNames(from, folder) > 0 && !from.startsWith(folder)) return { files, more: false };
  return { more: !visit(folder, prefix.slice(folder.length)), files };
}

/** Whether objects can start with this prefix at all; it must not lead out of the container either. */
function isWalkable(container: string, folder: string, prefix: string): boolean {
  if (!isWellFormed(prefix) || prefix.includes('\0')) return false;
  const segments = folder.split('/').slice(0, -1);
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return false;
  return hasRealParents(container, folder);
}

/** The first entry that starts with `start`, or comes behind it, and that is or contains something behind `after`. */
function firstIndex(
  entries: readonly string[],
  folder: string,
  start: string,
  after: string,
): number {
  const begin = lowerBound(entries, start);
  if (after === '' || !after.startsWith(folder)) return begin;
  const rest = after.slice(folder.length);
  const next = lowerBound(entries, rest);
  if (entries[next] === rest && !rest.endsWith('/')) return Math.max(begin, next + 1);
  const before = entries[next - 1];
  const inside = before?.endsWith('/') && rest.startsWith(before);
  return Math.max(begin, inside ? next - 1 : next);
}

/** The first index whose entry is not before `key`. */
function lowerBound(entries: readonly string[], key: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareNames(entries[middle] ?? '', key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
