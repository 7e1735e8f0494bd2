import type { ExpectedContent, ReplacedObject } from '../../drivers/capabilities.js';
import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { FileAttributes, LocalEntry } from '../../watcher/entry.js';
import type { Remote } from '../decide.js';
import type { MetadataState } from './object-metadata.js';
import type { PlanParts } from './put-file.js';

/** What the provider confirmed of an object that was sent or copied. */
export type Confirmed = Pick<ObjectRecord, 'md5' | 'md5Parts' | 'etag' | 'partSize' | 'versionId'>;

/** `absent`: only where no object is; `ifMatch`: only in the place of the object with this ETag, as ObjectInfo's `extra` has it. */
export type PutWhere = 'anywhere' | 'absent' | { readonly ifMatch: string };

export interface Inspected {
  readonly remote: Remote;
  /** Hex MD5 of the file, when it had to be read as well. */
  readonly localMd5?: string;
}

export interface PutFileOptions {
  /** Hex, of the content, where it is known already. */
  readonly md5: string | undefined;
  /** See putBytes. */
  readonly where: PutWhere;
  /** See FilePuts.put. */
  readonly planParts: PlanParts | undefined;
}

/** A file whose content is in memory with that of others. */
export interface FileInBatch {
  readonly name: ObjectName;
  readonly entry: LocalEntry;
  /** Hex, of the content. */
  readonly md5: string;
  /** Where in the memory its content begins; it is as long as `entry` says. */
  readonly begin: number;
  readonly replaces: ReplacedObject;
  /** A condition on its put, as far as the provider can tell; see putBytes. */
  readonly where: PutWhere;
}

/**
 * - `Confirmed`: what the provider confirmed;
 * - `conflict`: the provider refused the file, as another object is there than `where` says. It may be this very file, which an
 *   earlier request has brought there;
 * - undefined: it may or may not have been sent, and nothing is confirmed.
 */
export type PutInBatch = Confirmed | 'conflict' | undefined;

/**
 * Sends each file, and compares the provider's digest with that of the bytes (P2). Resolves with what became of each, in their
 * order. Sends no further file after trouble of the target or the container.
 */
export type PutBatch = (
  files: readonly FileInBatch[],
  content: SharedArrayBuffer,
  signal: AbortSignal,
) => Promise<readonly PutInBatch[]>;

/** A mirror's objects in its container. Names are below the mirror's prefix. Calls reject with the errors of the driver. */
export interface ObjectStore {
  readonly canCopy: boolean;
  /**
   * Whether the metadata of the object of this file has the MD5 of its content: it must then be known before the file is
   * sent, and be given to putFile.
   */
  reportsMd5(entry: LocalEntry): boolean;
  /** The attributes of a file that its object's metadata has room for, and the names of the others. */
  fitAttributes(attributes: FileAttributes): {
    readonly kept: FileAttributes;
    readonly skipped: readonly string[];
  };
  /** Whether the object may have another size than it was listed with: some listings say 0 of an object that is made of others. */
  mayBeLarger(listed: Remote, entry: LocalEntry | undefined): boolean;
  /** A HEAD of the object. */
  head(name: ObjectName, signal: AbortSignal): Promise<Remote>;
  /** The first bytes of its content, CLASSIFIED_BYTES of them, or all that there are. Rejects with ObjectDoesNotExistError. */
  beginning(name: ObjectName, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * The same, and when no field has the MD5 of its content, finds that out: by comparing the file with the ETag of an
   * object that was made of parts, or else by reading the object back.
   */
  inspect(
    name: ObjectName,
    entry: LocalEntry,
    absolutePath: string,
    signal: AbortSignal,
  ): Promise<Inspected>;
  /**
   * Sends a file or link whose content is in memory. Resolves once the provider's digest was compared (P2). Rejects with
   * PreconditionFailedError, where the provider can tell, when another object is there than `where` says; with
   * ObjectDoesNotExistError when none is.
   */
  putBytes(
    name: ObjectName,
    entry: LocalEntry,
    content: { readonly bytes: Uint8Array; readonly md5: string },
    where: PutWhere,
    signal: AbortSignal,
  ): Promise<Confirmed>;
  /** Sends many small files: see PutBatch. */
  readonly putAll: PutBatch;
  /**
   * Whether nothing reads the content any more once putAll has resolved. Where each object is a request, one that failed may still
   * be on its way.
   */
  readonly freesContent: boolean;
  /**
   * Streams a file of any size, hashing what is sent. Rejects with SourceChangedError when it did not stay the file of
   * `entry`, or has other content than `md5`.
   */
  putFile(
    name: ObjectName,
    entry: LocalEntry,
    absolutePath: string,
    how: PutFileOptions,
    signal: AbortSignal,
  ): Promise<Confirmed>;
  /**
   * Copies within the provider, with the metadata of `entry`. `from` and `name` may be equal: then only metadata changes.
   * Undefined when nothing was copied, because there is no object `from` that is known to be what was expected, or because
   * the provider refused this copy (archived, not allowed, not implemented, ...), or when the copy has other content.
   * With `where` 'absent' also where the provider can put, but not copy, on the condition that no object is there.
   * Rejects with trouble of the target or the container, and with ObjectInTheWayError.
   */
  copy(
    from: ObjectName,
    name: ObjectName,
    entry: LocalEntry,
    expected: ExpectedContent,
    where: PutWhere,
    signal: AbortSignal,
  ): Promise<Confirmed | undefined>;
  /** What the object's metadata says of the file, whose content has this MD5 (hex); `current` also when there is no object. */
  metadataOf(
    name: ObjectName,
    entry: LocalEntry,
    md5: string,
    signal: AbortSignal,
  ): Promise<MetadataState>;
  /** Deletes; calls of the same moment share requests where the provider can. A missing object is no error. */
  remove(name: ObjectName, signal: AbortSignal): Promise<void>;
  /** Deletes many; undefined where a request carries one. */
  readonly removeAll: RemoveAll | undefined;
}

/**
 * Deletes these objects, in as few requests as the provider takes them. Resolves with those that failed, by name; a missing
 * object has not failed. Rejects with trouble of the target or the container, after which any of them may be gone.
 */
export type RemoveAll = (
  names: readonly ObjectName[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<ObjectName, Error>>;
