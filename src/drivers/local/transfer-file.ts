import {
  closeSync,
  constants,
  copyFileSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import { isVersion, statDescriptor } from '../../file-stat.js';
import type { BodyFile, Checksum } from '../call.js';
import { createDigests } from './digests.js';
import { codeOf, type Failure, toFailure } from './failure.js';
import type { FileAttributes } from './record.js';
import { adoptTemporary, createTemporaryAt, removeTemporary } from './temporary.js';

export interface TransferOrder {
  readonly key: string;
  readonly source: Pick<BodyFile, 'path' | 'version' | 'follow'>;
  /** The temporary file that is to be made. */
  readonly target: string;
  readonly attributes: FileAttributes;
  readonly checksums: readonly Checksum[];
}

/** In all cases but `written` no temporary file is left. */
export type TransferAnswer =
  | Written
  /** The source is not, or not any longer, the version that is meant. */
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'unreadable'; readonly error: SourceError }
  | { readonly outcome: 'failed'; readonly failure: Failure }
  | { readonly outcome: 'stopped' };

interface Written {
  readonly outcome: 'written';
  readonly inode: bigint;
  readonly md5: string;
}

/** Why the source cannot be read, as Node has it: an error class does not survive the way between threads. */
export interface SourceError {
  readonly message: string;
  readonly code: string | undefined;
  readonly syscall: string | undefined;
  readonly path: string;
}

/** Ends a transfer early. */
class Ended extends Error {
  readonly answer: TransferAnswer;

  constructor(answer: TransferAnswer) {
    super(answer.outcome);
    this.answer = answer;
  }
}

interface Transfer extends TransferOrder {
  readonly isStopped: () => boolean;
}

/** Small enough to be in the processor's cache still when it is written. */
const buffer = Buffer.allocUnsafeSlow(256 * 1024);

/**
 * Makes a temporary file with the content of the source: a clone where the file system can share the blocks, else a copy. Each
 * byte is hashed once, when it is read. `isStopped` is asked before each chunk.
 */
export function transferFile(order: TransferOrder, isStopped: () => boolean): TransferAnswer {
  const transfer: Transfer = { ...order, isStopped };
  try {
    const source = openSource(order.source);
    try {
      return clone(transfer, source) ?? copy(transfer, source);
    } finally {
      closeSync(source);
    }
  } catch (error) {
    removeTemporary(order.target);
    return error instanceof Ended ? error.answer : { outcome: 'failed', failure: toFailure(error) };
  }
}

function copy(transfer: Transfer, source: number): Written {
  const { key, target, attributes, checksums } = transfer;
  const digests = createDigests(checksums);
  const temporary = createTemporaryAt(target, attributes);
  try {
    readAll(transfer, source, (chunk) => {
      digests.update(chunk);
      temporary.write(chunk);
    });
    const md5 = digests.finish(key);
    return { outcome: 'written', md5, inode: temporary.finish() };
  } catch (error) {
    temporary.discard();
    throw error;
  }
}

/**
 * Undefined where there can be no clone. Clones that were short, or had zeros in them, have happened (OpenZFS issue 15526), so
 * it is read back; one that differs from its source is no clone either.
 */
function clone(transfer: Transfer, source: number): Written | undefined {
  const { key, target, attributes, checksums } = transfer;
  refuseChanged(transfer, source);
  if (!shareBlocks(source, target)) return undefined;
  const digests = createDigests(checksums);
  let expected = 0;
  readAll(transfer, source, (chunk) => {
    digests.update(chunk);
    expected = crc32(chunk, expected);
  });
  if (crcOf(transfer) !== expected) {
    rmSync(target);
    return undefined;
  }
  const md5 = digests.finish(key);
  const permissions = attributes.permissions ?? defaultPermissions();
  const inode = adoptTemporary(target).finish({ ...attributes, permissions });
  return { outcome: 'written', md5, inode };
}

/** FICLONE (ioctl_ficlonerange(2)), by a path that can be no other file than the open one. */
function shareBlocks(source: number, target: string): boolean {
  const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = constants;
  try {
    copyFileSync(`/proc/self/fd/${source}`, target, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return false; // where a copy is impossible, too, its own error says why
  }
}

/** What open(2) would give a new file; a clone has the mode of its source at first. */
function defaultPermissions(): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  const [, umask = '022'] = /^Umask:\s*([0-7]+)$/m.exec(status) ?? [];
  return 0o666 & ~Number.parseInt(umask, 8);
}

/** Undefined when the target has more or fewer bytes than the source. */
function crcOf({ target, source, isStopped }: Transfer): number | undefined {
  const file = openSync(target, 'r');
  try {
    let crc = 0;
    let size = 0;
    for (let got = -1; got !== 0; ) {
      if (isStopped()) throw new Ended({ outcome: 'stopped' });
      got = readSync(file, buffer, 0, buffer.length, size);
      crc = crc32(buffer.subarray(0, got), crc);
      size += got;
    }
    return size === source.version.size ? crc : undefined;
  } finally {
    closeSync(file);
  }
}

/** The file's chunks, if it is the version that is meant before the first of them and after the last. */
function readAll(transfer: Transfer, file: number, take: (chunk: Uint8Array) => void): void {
  const { source, isStopped } = transfer;
  refuseChanged(transfer, file);
  for (let at = 0; at < source.version.size; ) {
    if (isStopped()) throw new Ended({ outcome: 'stopped' });
    const got = ofSource(source.path, () => readSync(file, buffer, 0, buffer.length, at));
    if (got === 0) throw new Ended({ outcome: 'changed' });
    take(buffer.subarray(0, got));
    at += got;
  }
  refuseChanged(transfer, file);
}

function refuseChanged({ source }: Transfer, file: number): void {
  const stat = ofSource(source.path, () => statDescriptor(file));
  if (!isVersion(stat, source.version)) throw new Ended({ outcome: 'changed' });
}

function openSource({ path, follow }: TransferOrder['source']): number {
  // O_NONBLOCK: a FIFO that took the file's place would otherwise block until it has a writer.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  return ofSource(path, () => openSync(path, follow ? flags : flags | constants.O_NOFOLLOW));
}

/** Runs a call on the source, whose error says nothing of the target. */
function ofSource<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const { message, code, syscall } = error as NodeJS.ErrnoException;
    // A link where a file was, refused by O_NOFOLLOW; with links that are followed, a circle of them.
    if (code === 'ELOOP') throw new Ended({ outcome: 'changed' });
    throw new Ended({ outcome: 'unreadable', error: { message, code, syscall, path } });
  }
}
