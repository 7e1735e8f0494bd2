import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fdatasync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import { statDescriptor } from '../../file-stat.js';
import { codeOf } from './failure.js';
import { PAGE_BYTES } from './record-page.js';

/** The file of a record table: a first page that describes it, then pages of entries. Calls throw the errors of the system. */
export interface RecordFile extends Header {
  /** Another file may be at its path. */
  readonly inode: bigint;
  read(number: number, page: Buffer): void;
  write(number: number, page: Buffer): void;
  /** Begins to flush what was written, in the background. */
  flushLater(): void;
  close(): void;
}

export interface Header {
  readonly pages: number;
  readonly salt: Buffer;
}

export interface NewRecordFile extends RecordFile {
  /** Puts it at its path, in place of whatever is there. */
  rename(): void;
  giveUp(): void;
}

// The first page: magic, then pages (u32), a salt, and the CRC-32 of all of that.
const MAGIC = Buffer.from('longshore object records 1\n');
export const SALT_BYTES = 16;
const AT = {
  pages: MAGIC.length,
  salt: MAGIC.length + 4,
  crc: MAGIC.length + 4 + SALT_BYTES,
} as const;
const HEADER_BYTES = AT.crc + 4;

/** Undefined when it is something else. */
export function openRecordFile(path: string, readOnly: boolean): RecordFile | undefined {
  const descriptor = openSync(path, readOnly ? 'r' : 'r+');
  try {
    const header = readHeader(descriptor);
    if (header !== undefined) return fileOf(descriptor, header);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  closeSync(descriptor);
  return undefined;
}

/** A file beside `path`, whose pages have no entries. */
export function createRecordFile(path: string, header: Header): NewRecordFile {
  const temporary = `${path}.new-${randomUUID()}`;
  const descriptor = openSync(temporary, 'wx+', 0o666);
  const giveUp = () => {
    closeSync(descriptor);
    rmSync(temporary, { force: true });
  };
  try {
    writeAt(descriptor, headerBytes(header), 0);
    ftruncateSync(descriptor, (header.pages + 1) * PAGE_BYTES); // pages of zeros, which take no room on most file systems
  } catch (error) {
    giveUp();
    throw error;
  }
  return {
    ...fileOf(descriptor, header),
    giveUp,
    rename() {
      try {
        renameSync(temporary, path);
      } catch (error) {
        giveUp();
        throw error;
      }
    },
  };
}

function readHeader(descriptor: number): Header | undefined {
  const bytes = Buffer.alloc(HEADER_BYTES);
  readInto(bytes, descriptor, 0);
  if (
    !bytes.subarray(0, MAGIC.length).equals(MAGIC) ||
    crc32(bytes.subarray(0, AT.crc)) !== bytes.readUInt32LE(AT.crc)
  )
    return undefined;
  return { pages: bytes.readUInt32LE(AT.pages), salt: bytes.subarray(AT.salt, AT.crc) };
}

function headerBytes({ pages, salt }: Header): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(pages, AT.pages);
  salt.copy(bytes, AT.salt);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, AT.crc)), AT.crc);
  return bytes;
}

function fileOf(descriptor: number, { pages, salt }: Header): RecordFile {
  let state: 'clean' | 'dirty' | 'closed' = 'clean';
  let flushing = false;

  function flush(): void {
    // Flushes a descriptor of its own: closing the other does not wait for it.
    const own = openSync(`/proc/self/fd/${descriptor}`, 'r');
    state = 'clean';
    flushing = true;
    fdatasync(own, () => {
      closeSync(own);
      flushing = false;
    });
  }

  return {
    pages,
    salt,
    inode: statDescriptor(descriptor).ino,
    read: (number, page) => readInto(page, descriptor, positionOf(number)),
    write(number, page) {
      state = 'dirty';
      writeAt(descriptor, page, positionOf(number));
    },
    flushLater() {
      if (state !== 'dirty' || flushing) return;
      try {
        flush();
      } catch (error) {
        if (codeOf(error) === undefined) throw error; // no /proc: the system flushes when it sees fit
      }
    },
    close() {
      if (state === 'closed') return;
      state = 'closed';
      closeSync(descriptor);
    },
  };
}

function positionOf(number: number): number {
  return (number + 1) * PAGE_BYTES;
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
