import '../quiet-console.js';
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { type FileVersion, isVersion, statDescriptor } from '../file-stat.js';

export interface FilePartsOrder {
  readonly path: string;
  readonly follow: boolean;
  readonly version: FileVersion;
  readonly partSize: number;
  /** False: parts are hashed and not handed over. */
  readonly withBytes: boolean;
}

/** Asks for one more part. The buffer of one that is done with, to be filled again; null makes a new one. */
export type PartWanted = ArrayBuffer | null;

export type FilePartsMessage =
  | {
      readonly kind: 'part';
      readonly number: number;
      readonly size: number;
      readonly md5: string;
      readonly buffer: ArrayBuffer | undefined;
    }
  | { readonly kind: 'end'; readonly md5: string }
  /** The file is not, or not any longer, the version that is meant. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** What is read before it is hashed: small enough to be in the processor's cache still when the second digest comes to it. */
const CHUNK = 256 * 1024;

const port = parentPort;
if (port === null)
  throw new Error('file-parts-worker.js is a thread of fileParts(), and no program');

const { path, follow, version, partSize, withBytes } = workerData as FilePartsOrder;
const whole = createHash('md5');
let fd: number | undefined;
let number = 0;
let position = 0;
let ended = false;

port.on('message', (given: PartWanted) => {
  if (ended) return; // asked for ahead
  let message: FilePartsMessage;
  try {
    message = position < version.size ? readPart(given) : { kind: 'end', md5: whole.digest('hex') };
  } catch (error) {
    const { code = 'EUNKNOWN', message: problem } = error as NodeJS.ErrnoException;
    // ELOOP: a link where a file was, refused by O_NOFOLLOW.
    message = ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)
      ? { kind: 'changed' }
      : { kind: 'failed', code, message: problem };
  }
  const buffer = message.kind === 'part' ? message.buffer : undefined;
  port.postMessage(message, buffer === undefined ? [] : [buffer]);
  if (message.kind === 'part') return;
  ended = true;
  if (fd !== undefined) closeSync(fd);
  port.close();
});

function readPart(given: PartWanted): FilePartsMessage {
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
    whole.update(read);
    done += got;
    position += got;
  }
  // After each part, so that an upload of a changed file ends early.
  if (!isVersion(statDescriptor(fd), version)) return { kind: 'changed' };
  number += 1;
  return {
    kind: 'part',
    number,
    size,
    md5: md5.digest('hex'),
    buffer: withBytes ? buffer : undefined,
  };
}
