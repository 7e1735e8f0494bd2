import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { statHandle } from '../../file-stat.js';
import type { ByteRange } from '../call.js';
import { ObjectDoesNotExistError, ObjectError } from '../errors.js';
import { lengthWithin } from '../range.js';
import { codeOf, toFailure, toStorageError, withPath } from './failure.js';

const CHUNK_BYTES = 1024 * 1024;

/**
 * The bytes of the present file, even when another replaces it meanwhile. Resolves when the file is open and `check`, which is
 * called then, has resolved; rejects as that does.
 */
export async function readFileRange(
  path: string,
  key: string,
  range: ByteRange | undefined,
  signal: AbortSignal,
  check: () => Promise<void>,
): Promise<AsyncIterable<Uint8Array>> {
  const file = await openExisting(path, key);
  try {
    const stat = await statHandle(file);
    if (!stat.isFile()) throw new ObjectDoesNotExistError(key, { driver: 'local' });
    await check();
    signal.throwIfAborted();
    const start = range?.start ?? 0;
    return oneReading(
      file,
      path,
      key,
      start,
      start + lengthWithin(range ?? { start }, Number(stat.size)),
      signal,
    );
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Follows no symbolic link, and does not wait for a writer as opening a FIFO would. */
async function openExisting(path: string, key: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(codeOf(error) ?? ''))
      throw new ObjectDoesNotExistError(key, { driver: 'local' });
    throw toStorageError(toFailure(error), key);
  }
}

/** Closes the file at the end, when its consumer leaves, and, if reading never begins, when it is collected. */
async function* oneReading(
  file: FileHandle,
  path: string,
  key: string,
  start: number,
  end: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let position = start; position < end; ) {
      signal.throwIfAborted();
      const bytes = new Uint8Array(Math.min(CHUNK_BYTES, end - position));
      const { bytesRead } = await readAt(file, bytes, position, path, key);
      if (bytesRead === 0)
        throw new ObjectError(key, 'became shorter while it was read', {
          driver: 'local',
          retry: 'backoff',
        });
      position += bytesRead;
      yield bytes.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function readAt(
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
  path: string,
  key: string,
): Promise<{ readonly bytesRead: number }> {
  try {
    return await file.read(bytes, 0, bytes.length, position);
  } catch (error) {
    throw toStorageError(toFailure(withPath(path, error)), key);
  }
}
