import { type BigIntStats, readdirSync } from 'node:fs';
import { systemClock } from '../../clock.js';
import { compareNames, isWellFormed } from '../../utf8-order.js';
import type { KeyRange } from '../call.js';
import { codeOf } from './failure.js';
import { hasRealParents } from './folders.js';
import { BESIDE_FOLDER } from './names.js';
import { statEntry } from './stat.js';

interface ListedFile {
  readonly key: string;
  readonly stat: BigIntStats;
}

/** How the folders of a container are read. */
export interface FolderReader {
  readonly read: ReadEntries;
  /** Whether the folder with this key, which ends in `/`, is an object of its own. */
  isObject(key: string, stat: BigIntStats): boolean;
}

interface FilePage {
  readonly files: readonly ListedFile[];
  readonly more: boolean;
}

/**
 * Up to `size` objects of a container whose names start with `prefix` and are in the range, in UTF-8 byte order. The walk
 * starts and ends with the range: nothing outside of it is looked at.
 */
export function listFiles(
  container: string,
  { read, isObject }: FolderReader,
  prefix: string,
  { after: from = '', upTo }: KeyRange,
  size: number,
): FilePage {
  const files: ListedFile[] = [];
  let more = false;
  const isBeyond = (name: string) => upTo !== undefined && compareNames(name, upTo) > 0;

  /** False when the page is full, or the range over. */
  function visitFolderObject(key: string): boolean {
    if (compareNames(key, from) <= 0) return true;
    const stat = statEntry(`${container}/${key}`);
    if (!stat?.isDirectory() || !isObject(key, stat)) return true;
    more = files.length === size;
    if (more || isBeyond(key)) return false;
    files.push({ key, stat });
    return true;
  }

  /** False when the page is full, or the range over. */
  function visit(folder: string, start: string): boolean {
    if (folder !== '' && start === '' && !visitFolderObject(folder)) return false;
    const entries = read(folder === '' ? container : `${container}/${folder.slice(0, -1)}`) ?? [];
    for (let i = firstIndex(entries, folder, start, from); i < entries.length; i += 1) {
      const entry = entries[i] ?? '';
      if (!entry.startsWith(start)) break;
      if (folder === '' && entry === `${BESIDE_FOLDER}/`) continue;
      if (isBeyond(folder + entry)) return false;
      if (entry.endsWith('/')) {
        if (!visit(folder + entry, '')) return false;
        continue;
      }
      more = files.length === size;
      if (more) return false;
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
  visit(folder, prefix.slice(folder.length));
  return { files, more };
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

/**
 * What is in a folder, in the order of object names: files as they are called, folders with "/" behind them. Names that
 * are not UTF-8 are skipped, and so is all that is neither file nor folder. Undefined when there is no such folder.
 */
export type ReadEntries = (folder: string) => readonly string[] | undefined;

interface Kept {
  readonly version: string;
  readonly entries: readonly string[];
}

/** Caches entries from page to page, so that a page of a large folder need not read it all again. */
const KEPT_ENTRIES = 200_000;

/** A folder with fewer entries is not cached: reading it again takes less time than the stats of a page, and a cache takes memory. */
const WORTH_KEEPING = 1000;

/** A folder that changed so shortly before it was read may change again without another mtime (vfat counts in 2 s). */
const SETTLED_MS = 2500;

export function createReadEntries(): ReadEntries {
  const kept = new Map<string, Kept>();
  let total = 0;

  function drop(folder: string): void {
    total -= kept.get(folder)?.entries.length ?? 0;
    kept.delete(folder);
  }

  function keep(folder: string, one: Kept): void {
    kept.set(folder, one);
    total += one.entries.length;
    for (const oldest of kept.keys()) {
      if (total <= KEPT_ENTRIES || oldest === folder) break;
      drop(oldest);
    }
  }

  return (folder) => {
    const stat = statEntry(folder);
    if (!stat?.isDirectory()) return undefined;
    const version = `${stat.dev}:${stat.ino}:${stat.mtimeNs}:${stat.ctimeNs}`;
    const before = kept.get(folder);
    drop(folder);
    const settled = systemClock.now() - Number(stat.mtimeNs / 1_000_000n) > SETTLED_MS;
    const entries = before?.version === version ? before.entries : readSorted(folder);
    if (entries !== undefined && settled && entries.length >= WORTH_KEEPING)
      keep(folder, { version, entries });
    return entries;
  };
}

/** From the surrogates on, UTF-16 and UTF-8 order differently; U+FFFD may stand for bytes that are not UTF-8. */
const RARE = /[\ud800-\uffff]/;

function readSorted(folder: string): readonly string[] | undefined {
  const entries: string[] = [];
  let rare = false;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      rare ||= RARE.test(entry.name);
      if (entry.isFile()) entries.push(entry.name);
      else if (entry.isDirectory()) entries.push(`${entry.name}/`);
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (!rare) return entries.sort(); // then JavaScript's own order is that of UTF-8, and four times as fast
  entries.sort(compareNames);
  return entries.some((entry) => entry.includes('\ufffd'))
    ? withoutForeignNames(folder, entries)
    : entries;
}

/** U+FFFD is what Node puts for bytes that are not UTF-8; it is also a character like any other. */
function withoutForeignNames(folder: string, entries: readonly string[]): readonly string[] {
  const exact = new Set<string>();
  for (const name of readdirSync(folder, { encoding: 'buffer' })) {
    const text = name.toString();
    if (Buffer.from(text).equals(name)) exact.add(text);
  }
  const listed = entries.filter((entry) =>
    exact.has(entry.endsWith('/') ? entry.slice(0, -1) : entry),
  );
  return listed.filter((entry, i) => entry !== listed[i - 1]);
}
