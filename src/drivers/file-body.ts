import { constants } from 'node:fs';
import { type FileVersion, isVersion, statHandle, versionOf } from '../file-stat.js';
import { type AnsweringFile, openAnswering } from './answering-file.js';
import { bytesBody } from './body.js';
import type { Body, ObjectRef } from './call.js';
import { ObjectError, SourceChangedError } from './errors.js';
import { fileParts } from './file-parts.js';
import type { PartsThreads } from './parts-threads.js';

/** Files up to this are read once into memory, so that their digest can go out with them. */
const SMALL = 1024 * 1024;
/** Bytes per read. Larger ones gain nothing; smaller ones cost a turn of the event loop each. */
const CHUNK = 1024 * 1024;

export interface FileBodyOptions {
  /** What the file is sent as, for errors. */
  readonly ref: ObjectRef;
  readonly driver: string;
  /** The version to read. Default: the present one. */
  readonly expected?: FileVersion;
  /** Default true. False: a symbolic link in the file's place is not the file. */
  readonly follow?: boolean;
  /** Read a large file when it goes in parts. Missing: this thread does. */
  readonly threads?: PartsThreads;
  /** A file system that does not answer for so long is abandoned. Milliseconds; default: see silent-source.ts. */
  readonly silentMs?: number;
}

/**
 * A file as a body. A small one is read at once; a larger one is read when the body is opened. Whenever the file turns
 * out not to be the version that is meant, this or the reading rejects with SourceChangedError, at the latest before
 * the last chunk is given out. A missing file rejects with Node's ENOENT; what is not a regular file with ObjectError; one whose
 * file system does not answer with SourceSilentError.
 */
export async function fileBody(path: string, options: FileBodyOptions): Promise<Body> {
  const source: Source = { path, options, version: options.expected };
  const file = await openSource(source);
  try {
    const stat = await statHandle(file);
    if (!stat.isFile())
      throw new ObjectError(
        options.ref.key,
        `was not stored: "${path}" is not a regular file`,
        options,
      );
    if (options.expected !== undefined && !isVersion(stat, options.expected)) throw changed(source);
    const version = versionOf(stat);
    if (version.size > SMALL) return largeFileBody({ ...source, version });
    const bytes = await file.readFile();
    await refuseChanged(file, { ...source, version });
    return bytesBody(bytes);
  } finally {
    await file.close();
  }
}

interface Source {
  readonly path: string;
  readonly options: FileBodyOptions;
  readonly version: FileVersion | undefined;
}

function largeFileBody(source: Source & { readonly version: FileVersion }): Body {
  const { path, options, version } = source;
  const slice = (start: number, end: number) => fileRange(source, start, end);
  const { threads } = options;
  const file = { path, version, follow: options.follow ?? true, changed: () => changed(source) };
  return {
    ...fileRange(source, 0, version.size),
    file: { ...file, onRead: () => undefined, beforeStored: async () => undefined },
    async refuseChanged() {
      const opened = await openSource(source);
      try {
        await refuseChanged(opened, source);
      } finally {
        await opened.close();
      }
    },
    ...(threads !== undefined && {
      parts: (cut, signal) => fileParts({ ...file, threads, slice }, cut, signal),
    }),
  };
}

function fileRange(source: Source, start: number, end: number): Body {
  return {
    size: end - start,
    replayable: true,
    open: () => readRange(source, start, end),
    slice: (from, to) => fileRange(source, start + from, Math.min(start + to, end)),
  };
}

async function* readRange(
  source: Source,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await openSource(source);
  try {
    await refuseChanged(file, source);
    for (let position = start; position < end; ) {
      // A new buffer each time: the consumer may still hold a chunk when the next one is read.
      const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - position));
      const bytesRead = await file.read(buffer, position);
      position += bytesRead;
      // Looked at before the last chunk is given out, so that no put of a torn file can end well; a short read is one.
      if (position >= end || bytesRead === 0) await refuseChanged(file, source);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function openSource(source: Source): Promise<AnsweringFile> {
  const { follow = true, silentMs } = source.options;
  try {
    return await openAnswering(source.path, follow ? 0 : constants.O_NOFOLLOW, silentMs);
  } catch (error) {
    if (!follow && (error as NodeJS.ErrnoException).code === 'ELOOP') throw changed(source, error);
    throw error;
  }
}

async function refuseChanged(file: AnsweringFile, source: Source): Promise<void> {
  const now = await statHandle(file);
  if (source.version === undefined || !isVersion(now, source.version)) throw changed(source);
}

function changed({ path, options: { ref, driver } }: Source, cause?: unknown): SourceChangedError {
  return new SourceChangedError(
    ref.key,
    `was not stored: its file "${path}" changed before or while it was read`,
    { driver, cause },
  );
}
