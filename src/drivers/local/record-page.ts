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

/** All entries whose lengths are possible, in their order; `isWhole` tells which are what was written. */
export function* entriesOf(page: Buffer): Generator<PageEntry, void> {
  for (let start = 0; start + AT.key <= page.length; ) {
    const length = page.readUInt16LE(start);
    const end = start + LENGTH_BYTES + length;
    if (length < AT.key - LENGTH_BYTES || end > page.length) return;
    const value = start + AT.key + page.readUInt16LE(start + AT.keyBytes);
    if (value > end) return;
    yield { start, end, key: page.subarray(start + AT.key, value), value: page.subarray(value, end) };
    start = end;
  }
}

export function isWhole(page: Buffer, { start, end }: PageEntry): boolean {
  return crc32(page.subarray(start + AT.keyBytes, end)) === page.readUInt32LE(start + AT.crc);
}

/** The value of a key; undefined when the page has none that is whole. */
export function findIn(page: Buffer, key: Buffer): Buffer | undefined {
  for (const entry of entriesOf(page)) if (entry.key.equals(key)) return isWhole(page, entry) ? entry.value : undefined;
  return undefined;
}

/** False when there was no such entry. */
export function removeFrom(page: Buffer, key: Buffer): boolean {
  for (const { start, end, key: found } of entriesOf(page)) {
    if (!found.equals(key)) continue;
    page.copyWithin(start, end);
    page.fill(0, page.length - (end - start));
    return true;
  }
  return false;
}

/** Puts an entry in place of the key's former one. False when the page is full: it then has no entry of this key. */
export function putInto(page: Buffer, key: Buffer, value: Buffer): boolean {
  removeFrom(page, key);
  let end = 0;
  for (const entry of entriesOf(page)) end = entry.end;
  page.fill(0, end); // what is behind an impossible length
  const length = AT.key - LENGTH_BYTES + key.length + value.length;
  if (end + LENGTH_BYTES + length > page.length) return false;
  page.writeUInt16LE(length, end);
  page.writeUInt16LE(key.length, end + AT.keyBytes);
  key.copy(page, end + AT.key);
  value.copy(page, end + AT.key + key.length);
  page.writeUInt32LE(crc32(page.subarray(end + AT.keyBytes, end + LENGTH_BYTES + length)), end + AT.crc);
  return true;
}
