import { hash, randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import { statDescriptor } from '../../file-stat.js';
import { backgroundFlush } from './background-flush.js';
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
  /** False when there is no room for it; throws the errors of write(2). `isWanted` is asked of the others when the file grows. */
  put(key: Buffer, value: Buffer, isWanted: (key: Buffer) => boolean): boolean;
  remove(key: Buffer): void;
  /** Of the file that is open: another one may be at its path. */
  readonly inode: bigint;
  /** Begins to flush the changes, in the background. */
  flushLater(): void;
  close(): void;
}

// The first page: magic, then pages (u32), a salt, and the CRC-32 of all of that.
const MAGIC = Buffer.from('longshore object records 1\n');
const SALT_BYTES = 16;
const AT = {
  pages: MAGIC.length,
  salt: MAGIC.length + 4,
  crc: MAGIC.length + 4 + SALT_BYTES,
} as const;
const HEADER_BYTES = AT.crc + 4;
const FEWEST_PAGES = 16;
const MOST_PAGES = 2 ** 24;

/** Opens a file that `createRecordTable` has made. Undefined when it is something else; throws the errors of the system. */
export function openRecordTable(
  path: string,
  { readOnly }: { readonly readOnly: boolean },
): RecordTable | undefined {
  const descriptor = openSync(path, readOnly ? 'r' : 'r+');
  try {
    const header = readHeader(descriptor);
    if (header !== undefined) return tableOf(path, descriptor, header);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  closeSync(descriptor);
  return undefined;
}

/** An empty one, in place of whatever is at the path, with room for some `entries`. */
export function createRecordTable(path: string, entries = 0): RecordTable {
  let pages = FEWEST_PAGES;
  while (pages * 40 < entries && pages < MOST_PAGES) pages *= 2;
  const descriptor = makeFile(path, { pages, salt: randomBytes(SALT_BYTES) });
  return tableOf(path, descriptor.rename(), { pages, salt: descriptor.salt });
}

interface Header {
  readonly pages: number;
  readonly salt: Buffer;
}

function readHeader(descriptor: number): Header | undefined {
  const bytes = Buffer.alloc(HEADER_BYTES);
  readInto(bytes, descriptor, 0);
  if (
    !bytes.subarray(0, MAGIC.length).equals(MAGIC) ||
    crc32(bytes.subarray(0, AT.crc)) !== bytes.readUInt32LE(AT.crc)
  )
    return undefined;
  const pages = bytes.readUInt32LE(AT.pages);
  return { pages, salt: bytes.subarray(AT.salt, AT.crc) };
}

/** A file beside `path`; `rename` puts it there, once it is as it should be. */
function makeFile(path: string, { pages, salt }: Header) {
  const temporary = `${path}.new-${randomUUID()}`;
  const descriptor = openSync(temporary, 'wx+', 0o666);
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(pages, AT.pages);
  salt.copy(bytes, AT.salt);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, AT.crc)), AT.crc);
  const giveUp = () => {
    closeSync(descriptor);
    rmSync(temporary, { force: true });
  };
  try {
    writeAt(descriptor, bytes, 0);
    ftruncateSync(descriptor, (pages + 1) * PAGE_BYTES); // pages of zeros, which take no room on most file systems
  } catch (error) {
    giveUp();
    throw error;
  }
  return {
    descriptor,
    salt,
    giveUp,
    rename() {
      try {
        renameSync(temporary, path);
        return descriptor;
      } catch (error) {
        giveUp();
        throw error;
      }
    },
  };
}

function tableOf(path: string, opened: number, header: Header): RecordTable {
  const { salt } = header;
  let descriptor = opened;
  let { pages } = header;
  let inode = statDescriptor(descriptor).ino;
  const flush = backgroundFlush(() => descriptor);
  let closed = false;

  /** Of the page that was read last. */
  const page = Buffer.alloc(PAGE_BYTES);

  // A digest, so that no user can choose names that all come into one page.
  const numberOf = (key: Buffer, of: number): number =>
    hash('md5', Buffer.concat([salt, key]), 'buffer').readUInt32LE(0) & (of - 1);
  const positionOf = (number: number): number => (number + 1) * PAGE_BYTES;
  const read = (number: number): void => readInto(page, descriptor, positionOf(number));

  function write(number: number): void {
    flush.changed();
    writeAt(descriptor, page, positionOf(number));
  }

  /** Twice as many pages: the entries of each are shared out among two. */
  function grow(isWanted: (key: Buffer) => boolean): void {
    const made = makeFile(path, { pages: pages * 2, salt });
    try {
      for (let number = 0; number < pages; number += 1) {
        read(number);
        const halves = [Buffer.alloc(PAGE_BYTES), Buffer.alloc(PAGE_BYTES)] as const;
        for (const entry of entriesOf(page)) {
          if (!isWhole(page, entry) || !isWanted(entry.key)) continue;
          putInto(halves[numberOf(entry.key, pages * 2) < pages ? 0 : 1], entry.key, entry.value);
        }
        halves.forEach((half, at) => {
          if (half.readUInt16LE(0) !== 0)
            writeAt(made.descriptor, half, positionOf(number + at * pages));
        });
      }
    } catch (error) {
      made.giveUp();
      throw error;
    }
    const former = descriptor;
    descriptor = made.rename();
    closeSync(former);
    pages *= 2;
    inode = statDescriptor(descriptor).ino;
    flush.changed();
  }

  return {
    get inode() {
      return inode;
    },
    get(key) {
      read(numberOf(key, pages));
      const value = findIn(page, key);
      return value && Buffer.from(value);
    },
    put(key, value, isWanted) {
      if (key.length + value.length > LONGEST_ENTRY) return false;
      for (;;) {
        const number = numberOf(key, pages);
        read(number);
        const fits = putInto(page, key, value);
        // Without room, its former entry goes at least: it says what is no longer so.
        write(number);
        if (fits) return true;
        if (pages >= MOST_PAGES) return false;
        grow(isWanted);
      }
    },
    remove(key) {
      const number = numberOf(key, pages);
      read(number);
      if (removeFrom(page, key)) write(number);
    },
    flushLater() {
      if (!closed) flush.flushLater();
    },
    close() {
      if (closed) return;
      closed = true;
      closeSync(descriptor);
    },
  };
}

/** Bytes behind the end of the file read as zeros. */
function readInto(bytes: Buffer, descriptor: number, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(descriptor, bytes, done, bytes.length - done, position + done);
    if (read === 0) {
      bytes.fill(0, done);
      return;
    }
    done += read;
  }
}

function writeAt(descriptor: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
}
