import type { ObjectName, ObjectRecord } from '../state/object-index.js';
import type { LocalEntry } from '../watcher/entry.js';
import type { Remote } from './decide.js';
import type { FileContent } from './file-reader.js';

/** What the provider confirmed of an object that was sent or copied. */
export type Confirmed = Pick<ObjectRecord, 'md5' | 'etag' | 'partSize' | 'versionId'>;

/** A mirror's place in its container. Names are below the mirror's prefix. Calls reject with the errors of the driver. */
export interface ObjectStore {
  readonly canCopy: boolean;
  /** One look at the object. */
  head(name: ObjectName, signal: AbortSignal): Promise<Remote>;
  /** The same, and its content is read when nothing else tells its MD5. */
  inspect(name: ObjectName, signal: AbortSignal): Promise<Remote>;
  /** Sends a file or link whose content is in memory. Resolves once the provider's digest was compared (P2). */
  putBytes(
    name: ObjectName,
    entry: LocalEntry,
    content: FileContent & { readonly bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<Confirmed>;
  /** Streams a file of any size, hashing what is sent. Rejects with FileChangedError when it did not stay the file of `entry`. */
  putFile(name: ObjectName, entry: LocalEntry, absolutePath: string, signal: AbortSignal): Promise<Confirmed>;
  /**
   * Copies within the provider, with the metadata of `entry`. `from` and `name` may be equal: then only metadata changes.
   * Undefined when there is no object `from`, or it turned out not to have this content.
   */
  copy(from: ObjectName, name: ObjectName, entry: LocalEntry, md5: string, signal: AbortSignal): Promise<Confirmed | undefined>;
  /** Deletes; calls of the same moment share requests where the provider can. A missing object is no error. */
  remove(name: ObjectName, signal: AbortSignal): Promise<void>;
}
