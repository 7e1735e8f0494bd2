import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { bytesBody } from './body.js';
import type { Body, ObjectRef } from './call.js';
import { ObjectError, SourceChangedError } from './errors.js';

/** Files up to this are read once into memory, so that their digest can go out with them. */
const SMALL = 1024 * 1024;
/** Bytes per read. Larger ones gain nothing; smaller ones cost a turn of the event loop each. */
const CHUNK = 1024 * 1024;

/** Opening a FIFO without O_NONBLOCK waits for a writer, and holds a thread of libuv's pool meanwhile. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

export interface FileBodyOptions {
  /** What the file is sent as, for errors. */
  readonly ref: ObjectRef;
  readonly driver: string;
}

/**
 * The file as it is now. A small one is read at once; a larger one is read when the body is opened, and opening or
 * reading rejects with SourceChangedError as soon as it is not the same file, unchanged. A missing file rejects with
 * Node's ENOENT; what is not a regular file rejects with an ObjectError.
 */
export async function fileBody(path: string, options: FileBodyOptions): Promise<Body> {
  const file = await open(path, OPEN_FLAGS);
  try {
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile()) throw new ObjectError(options.ref.key, `was not stored: "${path}" is not a regular file`, options);
    if (stat.size <= SMALL) return bytesBody(await readSmall(file, stat, path, options));
    return largeFileBody(path, stat, options, 0, Number(stat.size));
  } finally {
    await file.close();
  }
}

async function readSmall(file: FileHandle, stat: BigIntStats, path: string, options: FileBodyOptions): Promise<Uint8Array> {
  const bytes = await file.readFile();
  await refuseChanged(file, stat, path, options);
  return bytes;
}

function largeFileBody(path: string, stat: BigIntStats, options: FileBodyOptions, start: number, end: number): Body {
  return {
    size: end - start,
    replayable: true,
    open: () => readRange(path, stat, options, start, end),
    slice: (from, to) => largeFileBody(path, stat, options, start + from, Math.min(start + to, end)),
  };
}

async function* readRange(
  path: string,
  stat: BigIntStats,
  options: FileBodyOptions,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path, OPEN_FLAGS);
  try {
    await refuseChanged(file, stat, path, options);
    for (let position = start; position < end; ) {
      // A new buffer each time: whoever takes the chunk may still hold it when the next one is read.
      const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - position));
      const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, position);
      if (bytesRead === 0) break; // truncated; the look below says so
      position += bytesRead;
      // The last chunk is given out only after the file was found unchanged, so that no put of a torn file can end well.
      if (position >= end) await refuseChanged(file, stat, path, options);
      yield buffer.subarray(0, bytesRead);
    }
    await refuseChanged(file, stat, path, options);
  } finally {
    await file.close();
  }
}

async function refuseChanged(file: FileHandle, before: BigIntStats, path: string, { ref, driver }: FileBodyOptions): Promise<void> {
  const now = await file.stat({ bigint: true });
  const same =
    now.size === before.size &&
    now.mtimeNs === before.mtimeNs &&
    now.ctimeNs === before.ctimeNs &&
    now.ino === before.ino &&
    now.dev === before.dev;
  if (!same) throw new SourceChangedError(ref.key, `was not stored: its file "${path}" changed while it was read`, { driver });
}
