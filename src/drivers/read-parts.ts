import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type FileVersion, isVersion, statDescriptor } from '../file-stat.js';

export interface PartsOrder {
  readonly path: string;
  readonly follow: boolean;
  readonly version: FileVersion;
  /** Bytes. */
  readonly partSize: number;
  /** Whether each byte is hashed a second time, for the MD5 of the whole file. */
  readonly wholeMd5: boolean;
  /** False: parts are hashed and not handed over. */
  readonly withBytes: boolean;
}

export type PartsAnswer =
  | {
      readonly kind: 'part';
      readonly number: number;
      readonly size: number;
      readonly md5: string;
      readonly buffer: ArrayBuffer | undefined;
    }
  /** `md5`: of the whole, where it was asked for. */
  | { readonly kind: 'end'; readonly md5: string | undefined }
  /** The file is not, or not any longer, the version that is meant. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** A file that is read in parts, in order, by synchronous calls. */
export interface PartReader {
  /** Reads the next part, into the buffer of an earlier one where that is given. After any answer but a part there is none. */
  next(given: ArrayBuffer | null): PartsAnswer;
  close(): void;
}

/** What is read before it is hashed: small enough to be in the processor's cache still when a second digest comes to it. */
const CHUNK = 256 * 1024;

/** Opens the file with its first part. */
export function openPartReader(order: PartsOrder): PartReader {
  const { path, follow, version, partSize, withBytes } = order;
  const whole = order.wholeMd5 ? createHash('md5') : undefined;
  let fd: number | undefined;
  let number = 0;
  let position = 0;

  function readPart(given: ArrayBuffer | null): PartsAnswer {
    // O_NONBLOCK: a FIFO that took the file's place would otherwise block until it has a writer.
    fd ??= openSync(
      path,
      constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW),
    );
    if (position === 0 && !isVersion(statDescriptor(fd), version)) return { kind: 'changed' };
    const size = Math.min(partSize, version.size - position);
    const buffer = given ?? new ArrayBuffer(withBytes ? Math.min(partSize, version.size) : CHUNK);
    const md5 = createHash('md5');
    for (let done = 0; done < size; ) {
      const wanted = Math.min(CHUNK, size - done);
      const into = new Uint8Array(buffer, withBytes ? done : 0, wanted);
      const got = readSync(fd, into, 0, wanted, position);
      if (got === 0) return { kind: 'changed' };
      const read = into.subarray(0, got);
      md5.update(read);
      whole?.update(read);
      done += got;
      position += got;
    }
    // After each part, so that an upload of a changed file ends early.
    if (!isVersion(statDescriptor(fd), version)) return { kind: 'changed' };
    number += 1;
    const bytes = withBytes ? buffer : undefined;
    return { kind: 'part', number, size, md5: md5.digest('hex'), buffer: bytes };
  }

  return {
    next(given) {
      try {
        if (position < version.size) return readPart(given);
        return { kind: 'end', md5: whole?.digest('hex') };
      } catch (error) {
        const { code = 'EUNKNOWN', message } = error as NodeJS.ErrnoException;
        // ELOOP: a link where a file was, refused by O_NOFOLLOW.
        return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)
          ? { kind: 'changed' }
          : { kind: 'failed', code, message };
      }
    },
    close() {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}
