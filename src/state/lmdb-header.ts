import { StateDamagedError, StateNewerError } from './errors.js';

/** Our index's page size: the smallest that holds keys as long as a path (see name-key.ts). */
export const PAGE_BYTES = 8192;
/** Bytes that `checkHeader` needs of the file: its two meta pages. */
export const HEADER_BYTES = 2 * PAGE_BYTES;

// The layout of struct MDB_meta behind a page header of 24 bytes, in the mdb.c that lmdb-js 3 carries (64-bit).
const META_AT = 24;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const VERSION_AT = META_AT + 4;
const PAGE_SIZE_AT = META_AT + 24;
const ROOT_AT = META_AT + 24 + 48 + 40;
const LAST_PAGE_AT = META_AT + 24 + 96;
const TRANSACTION_AT = LAST_PAGE_AT + 8;
const NO_PAGE = 2n ** 64n - 1n;

/**
 * Checks an LMDB file before LMDB opens it: on a broken meta page, or a file that ends before its pages do, LMDB
 * kills the process (SIGSEGV, SIGBUS; tried with lmdb-js 3.5.6).
 *
 * @returns `short` when the file ends before the last page of the newest transaction: the file was cut short,
 * or its last pages were freed before they were ever written. Only a check of all pages distinguishes the two.
 * @throws StateDamagedError, StateNewerError
 */
export function checkHeader(header: Buffer, fileBytes: number, file: string): 'whole' | 'short' {
  if (header.length < HEADER_BYTES)
    throw new StateDamagedError(file, `has ${fileBytes} bytes, less than its header`);
  const metas = [header.subarray(0, PAGE_BYTES), header.subarray(PAGE_BYTES, HEADER_BYTES)];
  for (const meta of metas) {
    if (meta.readUInt32LE(META_AT) !== MAGIC)
      throw new StateDamagedError(file, 'does not begin as an LMDB file does');
    // The upper half is free for flags.
    const version = meta.readUInt32LE(VERSION_AT) & 0xffff;
    if (version > DATA_VERSION) throw new StateNewerError(file, version, DATA_VERSION);
    if (version !== DATA_VERSION)
      throw new StateDamagedError(
        file,
        `has LMDB's data format ${version} instead of ${DATA_VERSION}`,
      );
    if (meta.readUInt32LE(PAGE_SIZE_AT) !== PAGE_BYTES)
      throw new StateDamagedError(file, 'has another page size than it was made with');
  }
  const newest = metas.reduce((a, b) =>
    b.readBigUInt64LE(TRANSACTION_AT) > a.readBigUInt64LE(TRANSACTION_AT) ? b : a,
  );
  const lastPage = newest.readBigUInt64LE(LAST_PAGE_AT);
  const root = newest.readBigUInt64LE(ROOT_AT);
  if (root !== NO_PAGE && root > lastPage)
    throw new StateDamagedError(file, 'points beyond its own end');
  return BigInt(fileBytes) < (lastPage + 1n) * BigInt(PAGE_BYTES) ? 'short' : 'whole';
}
