import { readSync } from 'node:fs';

/** The file is not as LMDB writes it. The message says what is wrong, and on which page. */
export class LmdbInconsistentError extends Error {
  override readonly name = 'LmdbInconsistentError';
}

/** Reads `length` bytes, also after short reads. The result is shorter only where the file ends. */
export function readFully(descriptor: number, length: number, position: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const read = readSync(descriptor, bytes, done, length - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}

/** The pages of one commit of an LMDB file. Each page may be used once: by a table, or by the list of free pages. */
export class LmdbPages {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly #descriptor: number;
  /** One bit per page. */
  readonly #used: Uint8Array;

  constructor(descriptor: number, pageBytes: number, lastPage: bigint) {
    if (lastPage > 2n ** 40n)
      throw new LmdbInconsistentError(`says that its last page is ${lastPage}`);
    this.#descriptor = descriptor;
    this.pageBytes = pageBytes;
    this.lastPage = Number(lastPage);
    this.#used = new Uint8Array(Math.ceil((this.lastPage + 1) / 8));
  }

  /** Up to `length` bytes from `offset` of a page on, which may continue on the next pages. */
  bytesAt(page: bigint, offset: number, length: number): Buffer {
    return readFully(this.#descriptor, length, Number(page) * this.pageBytes + offset);
  }

  /** Reads a page and marks it as used. */
  read(number: bigint): Buffer {
    this.claim(number);
    const page = this.bytesAt(number, 0, this.pageBytes);
    if (page.length < this.pageBytes) throw new LmdbInconsistentError(`ends before page ${number}`);
    if (page.readBigUInt64LE(0) !== number)
      throw new LmdbInconsistentError(
        `page ${number} says that it is page ${page.readBigUInt64LE(0)}`,
      );
    return page;
  }

  /** Marks a page as used. @throws LmdbInconsistentError when it is outside of the file, or used already. */
  claim(number: bigint): void {
    if (number < 2n || number > BigInt(this.lastPage))
      throw new LmdbInconsistentError(`names page ${number} of ${this.lastPage}`);
    if (!this.take(Number(number))) throw new LmdbInconsistentError(`page ${number} is used twice`);
  }

  /** Marks a page as used. Returns false when it is used already. */
  take(page: number): boolean {
    const bit = 1 << (page & 7);
    const byte = this.#used[page >> 3] ?? 0;
    this.#used[page >> 3] = byte | bit;
    return (byte & bit) === 0;
  }
}
