import { createHash, hash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type FileVersion, isVersion, statDescriptor } from '../file-stat.js';
import { BLOCK } from '../md5-words.js';
import type { SharedMemory } from '../web-assembly.js';
import type { Hashable, WholeMd5 } from './hash-parts.js';
import type { PartSlots } from './part-memory.js';

export interface PartsOrder {
  readonly path: string;
  readonly follow: boolean;
  readonly version: FileVersion;
  /** Bytes. */
  readonly partSize: number;
  /** Numbers of the first and the last part that are wanted. */
  readonly first: number;
  readonly last: number;
  /** Whether each byte is hashed a second time, for the MD5 of the whole file. */
  readonly wholeMd5: boolean;
  /** Whether the SHA-1 of each part is wanted, too. */
  readonly partSha1: boolean;
  /** Where in the memory the parts go; undefined: they are hashed and not handed over. */
  readonly slots: PartSlots | undefined;
}

export type PartsAnswer =
  | {
      readonly kind: 'part';
      readonly number: number;
      readonly size: number;
      readonly md5: string;
      /** Where it was asked for. */
      readonly sha1: string | undefined;
      /** Where it is; undefined: it was not handed over. */
      readonly slot: number | undefined;
    }
  /** `md5`: of the whole, where it was asked for. */
  | { readonly kind: 'end'; readonly md5: string | undefined }
  /** The file is not, or not any longer, the version that is meant. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** A file that is read in parts, in order, by synchronous calls. */
export interface PartReader {
  /**
   * Reads the next part into this slot; null: nowhere, of a part that is not handed over. After any answer but a part there is none. A part
   * is Hashable when it is in memory and has no digest yet; the answer must not be looked at before it has one.
   */
  read(slot: number | null): { readonly answer: () => PartsAnswer; readonly hashable?: Hashable };
  close(): void;
}

interface Digests {
  readonly md5: string;
  readonly sha1: string | undefined;
}

/** What is read before it is hashed, when it is not kept: small enough to be in the processor's cache still. */
const CHUNK = 256 * 1024;

/** One call reads no more: from a slow file server it takes no longer than one that does not answer is waited for. */
const ONE_READ = 4 * 1024 * 1024;

/** Opens the file with its first part. `memory`: that of the slots. `progress`: called after each call that read something. */
export function openPartReader(
  order: PartsOrder,
  memory?: SharedMemory,
  progress = () => {},
): PartReader {
  const { path, follow, version, partSize, first, last, slots } = order;
  const end = Math.min(last * partSize, version.size);
  const isInLanes = slots !== undefined && partSize % BLOCK === 0;
  const wholeInLanes: WholeMd5 | undefined =
    order.wholeMd5 && isInLanes ? { before: undefined, hex: undefined } : undefined;
  const whole = order.wholeMd5 && !isInLanes ? createHash('md5') : undefined;
  let chunk: Uint8Array | undefined;
  let fd: number | undefined;
  let number = first - 1;
  let position = number * partSize;

  /** Fills the bytes from the file; false: it ends before. */
  function fill(file: number, into: Uint8Array): boolean {
    for (let done = 0; done < into.byteLength; ) {
      const got = readSync(file, into, done, Math.min(ONE_READ, into.byteLength - done), position);
      progress();
      if (got === 0) return false;
      done += got;
      position += got;
    }
    return true;
  }

  /** Digests of the next bytes; undefined: the file ends before. */
  function hashNext(file: number, size: number): Digests | undefined {
    const md5 = createHash('md5');
    const sha1 = order.partSha1 ? createHash('sha1') : undefined;
    chunk ??= new Uint8Array(CHUNK);
    for (const behind = position + size; position < behind; ) {
      const into = chunk.subarray(0, Math.min(CHUNK, behind - position));
      if (!fill(file, into)) return undefined;
      md5.update(into);
      sha1?.update(into);
      whole?.update(into);
    }
    return { md5: md5.digest('hex'), sha1: sha1?.digest('hex') };
  }

  function readPart(slot: number | null): ReturnType<PartReader['read']> {
    if (fd === undefined) {
      // O_NONBLOCK: a FIFO that took the file's place would otherwise block until it has a writer.
      fd = openSync(
        path,
        constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW),
      );
      if (!isVersion(statDescriptor(fd), version)) return CHANGED;
    }
    const size = Math.min(partSize, end - position);
    let hashable: Hashable | undefined;
    let digests: Digests | undefined;
    if (slot === null || slots === undefined || memory === undefined) digests = hashNext(fd, size);
    else {
      const begin = slots.begin + slot * slots.bytes;
      const into = new Uint8Array(memory.buffer, begin, size);
      if (!fill(fd, into)) return CHANGED;
      whole?.update(into);
      const isLast = position === end;
      hashable = { begin, length: size, isLast, whole: wholeInLanes, md5: undefined };
      digests = { md5: '', sha1: order.partSha1 ? hash('sha1', into, 'hex') : undefined };
    }
    // After each part, so that an upload of a changed file ends early.
    if (digests === undefined || !isVersion(statDescriptor(fd), version)) return CHANGED;
    number += 1;
    const part = { kind: 'part', number, size, slot: slot ?? undefined, ...digests } as const;
    if (hashable === undefined) return { answer: () => part };
    const hashed = hashable;
    return { hashable, answer: () => ({ ...part, md5: hashed.md5 ?? '' }) };
  }

  function wholeMd5(): string | undefined {
    if (whole !== undefined) return whole.digest('hex');
    if (wholeInLanes === undefined) return undefined;
    return version.size === 0 ? hash('md5', '', 'hex') : wholeInLanes.hex;
  }

  return {
    read(slot) {
      try {
        if (position < end) return readPart(slot);
        return { answer: () => ({ kind: 'end', md5: wholeMd5() }) };
      } catch (error) {
        const { code = 'EUNKNOWN', message } = error as NodeJS.ErrnoException;
        // ELOOP: a link where a file was, refused by O_NOFOLLOW.
        if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) return CHANGED;
        return { answer: () => ({ kind: 'failed', code, message }) };
      }
    },
    close() {
      const open = fd;
      fd = undefined; // also where the close fails: the number may be another file's by then
      if (open !== undefined) closeSync(open);
    },
  };
}

const CHANGED = { answer: (): PartsAnswer => ({ kind: 'changed' }) };
