import { hash, randomBytes } from 'node:crypto';
import { createRecordFile, openRecordFile, type RecordFile, SALT_BYTES } from './record-file.js';
import {
  entriesOf,
  findIn,
  isWhole,
  LONGEST_ENTRY,
  PAGE_BYTES,
  putInto,
  removeFrom,
} from './record-page.js';

/**
 * Keys and values in a file of pages; the hash of a key says in which. Nothing of it is kept in memory, a call that fails
 * leaves the process as it was, and damage costs the entries that it hits: its data can all be computed again.
 * One process may change it at a time; others may read meanwhile, and may then miss an entry that is being moved.
 */
export interface RecordTable {
  /** Undefined for a key without a whole entry; throws the errors of read(2). */
  get(key: Buffer): Buffer | undefined;
  /**
   * Of a key that is there twice, the later value counts. Returns how many found no room; throws the errors of write(2).
   * `isWanted` is asked of the others when the file grows.
   */
  putAll(entries: readonly TableEntry[], isWanted: (key: Buffer) => boolean): number;
  remove(key: Buffer): void;
  /** Of the file that is open: another one may be at its path. */
  readonly inode: bigint;
  /** Begins to flush the changes, in the background. */
  flushLater(): void;
  close(): void;
}

export interface TableEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

const FEWEST_PAGES = 16;
const MOST_PAGES = 2 ** 24;

/** Opens a file that `createRecordTable` has made. Undefined when it is something else; throws the errors of the system. */
export function openRecordTable(
  path: string,
  { readOnly }: { readonly readOnly: boolean },
): RecordTable | undefined {
  const file = openRecordFile(path, readOnly);
  return file && tableOf(path, file);
}

/** An empty one, in place of whatever is at the path. */
export function createRecordTable(path: string): RecordTable {
  const file = createRecordFile(path, { pages: FEWEST_PAGES, salt: randomBytes(SALT_BYTES) });
  file.rename();
  return tableOf(path, file);
}

function tableOf(path: string, opened: RecordFile): RecordTable {
  let file = opened;
  /** Of the page that was read last. */
  const page = Buffer.alloc(PAGE_BYTES);
  const numberOf = (key: Buffer): number => pageOf(key, file.salt, file.pages);

  /** Reads and writes each page once. Returns the entries for which theirs has no room. */
  function putByPage(entries: readonly TableEntry[]): readonly TableEntry[] {
    const left: TableEntry[] = [];
    for (const [number, group] of groupBy(entries, ({ key }) => numberOf(key))) {
      file.read(number, page);
      let full = false; // from then on none is put, so that two entries of one key keep their order
      for (const entry of group) {
        full ||= !putInto(page, entry.key, entry.value);
        if (!full) continue;
        removeFrom(page, entry.key); // it says what is no longer so
        left.push(entry);
      }
      file.write(number, page);
    }
    return left;
  }

  return {
    get inode() {
      return file.inode;
    },
    get(key) {
      file.read(numberOf(key), page);
      const value = findIn(page, key);
      return value && Buffer.from(value);
    },
    putAll(entries, isWanted) {
      const storable = entries.filter(
        ({ key, value }) => key.length + value.length <= LONGEST_ENTRY,
      );
      const tooLong = entries.length - storable.length;
      for (let waiting: readonly TableEntry[] = storable; ; ) {
        waiting = putByPage(waiting);
        if (waiting.length === 0 || file.pages >= MOST_PAGES) return tooLong + waiting.length;
        const former = file;
        file = largerCopy(path, former, isWanted);
        former.close();
      }
    },
    remove(key) {
      const number = numberOf(key);
      file.read(number, page);
      if (removeFrom(page, key)) file.write(number, page);
    },
    flushLater: () => file.flushLater(),
    close: () => file.close(),
  };
}

/** Of a digest, so that no user can choose names that all come into one page. */
function pageOf(key: Buffer, salt: Buffer, pages: number): number {
  const digest = hash('md5', Buffer.concat([salt, key])); // as text: a Buffer of its own costs as much as the digest
  return Buffer.from(digest.slice(0, 8), 'hex').readUInt32LE(0) & (pages - 1);
}

/** Twice as many pages, at the path: the entries of each are shared out among two. */
function largerCopy(
  path: string,
  { pages, salt, read }: RecordFile,
  isWanted: (key: Buffer) => boolean,
): RecordFile {
  const larger = createRecordFile(path, { pages: pages * 2, salt });
  const page = Buffer.alloc(PAGE_BYTES);
  try {
    for (let number = 0; number < pages; number += 1) {
      read(number, page);
      const halves = [Buffer.alloc(PAGE_BYTES), Buffer.alloc(PAGE_BYTES)] as const;
      for (const entry of entriesOf(page)) {
        if (!isWhole(page, entry) || !isWanted(entry.key)) continue;
        const half = halves[pageOf(entry.key, salt, pages * 2) < pages ? 0 : 1];
        putInto(half, entry.key, entry.value);
      }
      halves.forEach((half, at) => {
        if (half.readUInt16LE(0) !== 0) larger.write(number + at * pages, half);
      });
    }
  } catch (error) {
    larger.giveUp();
    throw error;
  }
  larger.rename();
  return larger;
}

function groupBy<T>(items: readonly T[], numberOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const number = numberOf(item);
    const group = groups.get(number);
    if (group === undefined) groups.set(number, [item]);
    else group.push(item);
  }
  return groups;
}
