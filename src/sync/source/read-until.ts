import { orAborted } from '../../signal.js';
import type { FileReader } from './file-reader.js';

/**
 * The same reader until `signal` is aborted: then its calls reject with the signal's reason at once, even those of a file
 * system that does not answer. What is read would only begin something new.
 */
export function readUntil(reader: FileReader, signal: AbortSignal): Omit<FileReader, 'close'> {
  async function until<T>(read: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    return orAborted(read(), signal);
  }
  return {
    read: (path, entry) => until(() => reader.read(path, entry)),
    readAll: (batch) => until(() => reader.readAll(batch)),
    release: reader.release,
    hash: (path, entry, partSize) => until(() => reader.hash(path, entry, partSize, signal)),
    look: (path, entry) => until(() => reader.look(path, entry)),
    attributes: (path, entry) => until(() => reader.attributes(path, entry)),
  };
}
