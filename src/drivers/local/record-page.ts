import { crc32 } from 'node:zlib';

/*
 * A page of the records' file: entries one after the other, then zeros. An entry, little-endian:
 *
 *    0  u16  bytes that follow; 0 ends the page
 *    2  u32  CRC-32 of all that follows
 *    6  u16  bytes of the key
 *    8       the key, then the value
 *
 * An entry that is not what was written counts as none, and ends the page where its length is impossible.
 */
export const PAGE_BYTES = 16_384;
const LENGTH_BYTES = 2;
const AT = { crc: 2, keyBytes: 6, key: 8 } as const;

/** The longest key and value, together, that a page can hold. */
export const LONGEST_ENTRY = PAGE_BYTES - AT.key;

export interface PageEntry {
  readonly start: number;
  readonly end: number;
  readonly key: Buffer;
  readonly value: Buffer;
}

/** All entries whose lengths are possible, in their order; `isWhole` says which are intact. */
export function* entriesOf(page: Buffer): Generator<PageEntry, void> {
  for (let start = 0, end = endOf(page, 0); end > 0; start = end, end = endOf(page, start)) {
    const value = start + AT.key + page.readUInt16LE(start + AT.keyBytes);
    yield {
      start,
      end,
      key: page.subarray(start + AT.key, value),
      value: page.subarray(value, end),
    };
  }
}

/** Where the entry that begins at `start` ends; 0 when none begins there. Called some hundred times for each put. */
function endOf(page: Buffer, start: number): number {
  if (start + AT.key > page.length) return 0;
  const length = byteAt(page, start) + byteAt(page, start + 1) * 256;
  const end = start + LENGTH_BYTES + length;
  if (length < AT.key - LENGTH_BYTES || end > page.length) return 0;
  return start + AT.key + keyBytesAt(page, start) > end ? 0 : end;
}

function keyBytesAt(page: Buffer, start: number): number {
  return byteAt(page, start + AT.keyBytes) + byteAt(page, start + AT.keyBytes + 1) * 256;
}

function byteAt(page: Buffer, at: number): number {
  return page[at] ?? 0;
}

/** From the end, as names of one length differ near it most often. */
function isKeyAt(page: Buffer, at: number, key: Buffer): boolean {
  for (let index = key.length - 1; index >= 0; index -= 1)
    if (page[at + index] !== key[index]) return false;
  return true;
}

/** Where the entry of a key is, if there is one, and where the last entry ends. */
function locate(
  page: Buffer,
  key: Buffer,
): { readonly start: number; readonly end: number; readonly last: number } {
  const found = { start: 0, end: 0, last: 0 };
  for (let end = endOf(page, 0); end > 0; end = endOf(page, end)) {
    if (keyBytesAt(page, found.last) === key.length && isKeyAt(page, found.last + AT.key, key)) {
      found.start = found.last;
      found.end = end;
    }
    found.last = end;
  }
  return found;
}

export function isWhole(page: Buffer, { start, end }: Pick<PageEntry, 'start' | 'end'>): boolean {
  return crc32(page.subarray(start + AT.keyBytes, end)) === page.readUInt32LE(start + AT.crc);
}

/** The value of a key; undefined when the page has none that is whole. */
export function findIn(page: Buffer, key: Buffer): Buffer | undefined {
  const found = locate(page, key);
  return found.end > 0 && isWhole(page, found)
    ? page.subarray(found.start + AT.key + key.length, found.end)
    : undefined;
}

/** False when there was no such entry. */
export function removeFrom(page: Buffer, key: Buffer): boolean {
  const { start, end, last } = locate(page, key);
  if (end === 0) return false;
  page.copyWithin(start, end, last);
  page.fill(0, last - (end - start));
  return true;
}

/** Puts an entry in place of the key's former one. False when the page is full: it then has no entry of this key. */
export function putInto(page: Buffer, key: Buffer, value: Buffer): boolean {
  const former = locate(page, key);
  if (former.end > 0) page.copyWithin(former.start, former.end, former.last);
  const end = former.last - (former.end - former.start);
  page.fill(0, end); // also what is behind an impossible length
  const length = AT.key - LENGTH_BYTES + key.length + value.length;
  if (end + LENGTH_BYTES + length > page.length) return false;
  page.writeUInt16LE(length, end);
  page.writeUInt16LE(key.length, end + AT.keyBytes);
  key.copy(page, end + AT.key);
  value.copy(page, end + AT.key + key.length);
  page.writeUInt32LE(
    crc32(page.subarray(end + AT.keyBytes, end + LENGTH_BYTES + length)),
    end + AT.crc,
  );
  return true;
}
