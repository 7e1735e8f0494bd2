import { statDescriptor } from './file-stat.js';
import { LmdbInconsistentError, LmdbPages, readFully } from './lmdb-pages.js';

export { LmdbInconsistentError, readFully } from './lmdb-pages.js';

export interface TreeEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * Reads an LMDB file without LMDB: with plain reads, checking each page before anything in it is believed. LMDB itself
 * trusts its memory map, so that a damaged page ends the process.
 *
 * The layout is that of mdb.c in lmdb-js 3 on 64-bit little-endian machines: `MDB_page_header`, `MDB_node`, `MDB_db`,
 * `MDB_meta` and `MDB_ovpage` in node_modules/lmdb/dependencies/lmdb/libraries/liblmdb/mdb.c.
 */
export interface LmdbTree {
  /** Entries of a named table, or of the main one, in the order of the pages. Checks each page that it passes. */
  entries(table: string | undefined): Generator<TreeEntry, void>;
  /** Whether nothing was ever put into its named tables; they may not be there yet either. */
  isEmpty(): boolean;
  /** Checks the list of free pages, against the pages that `entries` has passed too. */
  checkFreePages(): void;
}

const HEADER = 24;
const META = {
  magic: HEADER,
  version: HEADER + 4,
  pageSize: HEADER + 24,
  free: HEADER + 24,
  main: HEADER + 72,
  lastPage: 144,
  txn: 152,
  end: 160,
};
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const NO_PAGE = 2n ** 64n - 1n;
const DB_BYTES = 48;
const NODE_HEADER = 8;
const Page = { branch: 1, leaf: 2, overflow: 4 } as const;
const Node = { big: 1, subTable: 2, duplicates: 4 } as const;
const PAGE_SIZES = [4096, 8192, 16384, 32768, 65536];

interface Table {
  readonly depth: number;
  readonly entries: bigint;
  /** Page number; `NO_PAGE` for an empty table. */
  readonly root: bigint;
}

/**
 * The newest commit of the file behind `descriptor`, which must not be written to meanwhile. Undefined for an empty file.
 *
 * @throws LmdbInconsistentError for what no LMDB has written; the errors of read(2) as they come.
 */
export function openLmdbTree(descriptor: number): LmdbTree | undefined {
  const { size } = statDescriptor(descriptor);
  if (size === 0n) return undefined;
  const first = readFully(descriptor, META.end, 0);
  const pageBytes = first.length < META.end ? 0 : first.readUInt32LE(META.pageSize);
  if (!PAGE_SIZES.includes(pageBytes))
    throw new LmdbInconsistentError('does not begin as an LMDB file does');
  const metas = [first, readFully(descriptor, META.end, pageBytes)];
  for (const meta of metas) checkMeta(meta);
  const [newest] = metas.sort((a, b) =>
    Number(b.readBigUInt64LE(META.txn) - a.readBigUInt64LE(META.txn)),
  );
  if (newest === undefined) throw new Error('unreachable: there are two');
  return new Tree(descriptor, pageBytes, newest);
}

function checkMeta(meta: Buffer): void {
  if (meta.length < META.end) throw new LmdbInconsistentError('ends within its header');
  if (meta.readUInt32LE(META.magic) !== MAGIC)
    throw new LmdbInconsistentError('does not begin as an LMDB file does');
  const version = meta.readUInt32LE(META.version) & 0xffff;
  if (version !== DATA_VERSION)
    throw new LmdbInconsistentError(`has data format ${version}, not ${DATA_VERSION}`);
}

class Tree implements LmdbTree {
  readonly #pages: LmdbPages;
  readonly #free: Table;
  readonly #main: Table;
  #tables: ReadonlyMap<string, Table> | undefined;

  constructor(descriptor: number, pageBytes: number, meta: Buffer) {
    this.#pages = new LmdbPages(descriptor, pageBytes, meta.readBigUInt64LE(META.lastPage));
    this.#free = readTable(meta, META.free);
    this.#main = readTable(meta, META.main);
  }

  *entries(table: string | undefined): Generator<TreeEntry, void> {
    if (table === undefined) return yield* this.#walk(this.#main);
    this.#tables ??= this.#namedTables();
    const found = this.#tables.get(table);
    if (found === undefined) throw new LmdbInconsistentError(`has no table "${table}"`);
    yield* this.#walk(found);
  }

  isEmpty(): boolean {
    this.#tables ??= this.#namedTables();
    return [...this.#tables.values()].every(({ root }) => root === NO_PAGE);
  }

  #namedTables(): ReadonlyMap<string, Table> {
    const tables = new Map<string, Table>();
    for (const { key, value, flags } of this.#walk(this.#main)) {
      const name = key.toString('latin1').replace(/\0$/, '');
      if ((flags & Node.subTable) === 0 || value.length !== DB_BYTES)
        throw new LmdbInconsistentError(`has an entry "${name}" among its tables`);
      tables.set(name, readTable(value, 0));
    }
    return tables;
  }

  checkFreePages(): void {
    const runs: [first: number, length: number][] = [];
    for (const { key, value } of this.#walk(this.#free)) {
      const record = `the list of free pages (record ${key.length === 8 ? key.readBigUInt64LE(0) : 'without a number'})`;
      if (key.length !== 8 || value.length < 8)
        throw new LmdbInconsistentError(`${record} is cut short`);
      runs.push(...this.#freeRuns(value, record));
    }
    // After the walk: pages of the list itself are in use.
    for (const [first, length] of runs) {
      for (let page = first; page < first + length; page++) {
        if (!this.#pages.take(page))
          throw new LmdbInconsistentError(`page ${page} is free twice, or free and in use`);
      }
    }
  }

  /** A list: the number of its items; then page numbers, or a negative length before the first page of a run. 0 is a gap. */
  #freeRuns(value: Buffer, record: string): [number, number][] {
    const items = Number(value.readBigUInt64LE(0));
    if (items > value.length / 8 - 1)
      throw new LmdbInconsistentError(`${record} says that it has ${items} items`);
    const runs: [number, number][] = [];
    for (let at = 1; at <= items; at++) {
      let page = value.readBigInt64LE(at * 8);
      let length = 1n;
      if (page === 0n) continue;
      if (page < 0n) {
        length = -page;
        at++;
        page = at <= items ? value.readBigInt64LE(at * 8) : 0n;
      }
      if (page < 2n || page + length - 1n > BigInt(this.#pages.lastPage)) {
        throw new LmdbInconsistentError(`${record} names ${length} pages from page ${page}`);
      }
      runs.push([Number(page), Number(length)]);
    }
    return runs;
  }

  *#walk(table: Table): Generator<TreeEntry & { readonly flags: number }, void> {
    if (table.root === NO_PAGE) return;
    let seen = 0n;
    for (const entry of this.#walkPage(table.root, table.depth)) {
      seen++;
      yield entry;
    }
    if (seen !== table.entries)
      throw new LmdbInconsistentError(`has ${seen} entries in a table that says ${table.entries}`);
  }

  *#walkPage(
    number: bigint,
    depth: number,
  ): Generator<TreeEntry & { readonly flags: number }, void> {
    const page = this.#pages.read(number);
    const kind = depth <= 1 ? Page.leaf : Page.branch;
    if ((page.readUInt16LE(18) & 7) !== kind)
      throw new LmdbInconsistentError(
        `page ${number} is no ${kind === 1 ? 'branch' : 'leaf'} page`,
      );
    const lower = page.readUInt16LE(20) + HEADER;
    const upper = page.readUInt16LE(22) + HEADER;
    if (lower > upper || upper > page.length || lower === HEADER)
      throw new LmdbInconsistentError(`page ${number} has no sound list of nodes`);
    for (let at = HEADER; at < lower; at += 2) {
      const node = page.readUInt16LE(at) + HEADER;
      if (node < upper || node + NODE_HEADER > page.length)
        throw new LmdbInconsistentError(`a node of page ${number} is outside of it`);
      const flags = page.readUInt16LE(node + 4);
      const low = page.readUInt32LE(node);
      const keyEnd = node + NODE_HEADER + page.readUInt16LE(node + 6);
      if (keyEnd > page.length)
        throw new LmdbInconsistentError(`a key of page ${number} is outside of it`);
      if (kind === Page.branch)
        yield* this.#walkPage(BigInt(low) + BigInt(flags) * 2n ** 32n, depth - 1);
      else
        yield {
          key: page.subarray(node + NODE_HEADER, keyEnd),
          value: this.#value(page, number, keyEnd, low, flags),
          flags,
        };
    }
  }

  #value(page: Buffer, number: bigint, at: number, length: number, flags: number): Buffer {
    if ((flags & Node.duplicates) !== 0)
      throw new LmdbInconsistentError(`page ${number} has several values for a key`);
    const end = at + ((flags & Node.big) === 0 ? length : 24);
    if (end > page.length)
      throw new LmdbInconsistentError(`a value of page ${number} is outside of it`);
    if ((flags & Node.big) === 0) return page.subarray(at, end);
    const first = page.readBigUInt64LE(at);
    const pages = Number(page.readBigUInt64LE(at + 16));
    const head = this.#pages.read(first);
    const needed = Math.floor((HEADER - 1 + length) / this.#pages.pageBytes) + 1;
    if (
      (head.readUInt16LE(18) & 7) !== Page.overflow ||
      head.readUInt32LE(20) !== pages ||
      pages < needed
    ) {
      throw new LmdbInconsistentError(
        `page ${first} does not hold the long value that page ${number} names`,
      );
    }
    for (let next = 1; next < pages; next++) this.#pages.claim(first + BigInt(next));
    const bytes = this.#pages.bytesAt(first, HEADER, length);
    if (bytes.length < length) throw new LmdbInconsistentError(`ends within page ${first}`);
    return bytes;
  }
}

function readTable(bytes: Buffer, at: number): Table {
  return {
    depth: bytes.readUInt16LE(at + 6),
    entries: bytes.readBigUInt64LE(at + 32),
    root: bytes.readBigUInt64LE(at + 40),
  };
}
