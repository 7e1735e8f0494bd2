import type { ByteRange, Call, ObjectInfo, ObjectRef, Page, PageRequest } from './call.js';

export interface ObjectVersion extends ObjectInfo {
  readonly versionId: string;
  /** What a reader without a version gets; a delete marker that is the latest means that the object is gone. */
  readonly isLatest: boolean;
  /** No content: the mark that a delete leaves in a versioned container. */
  readonly isDeleteMarker: boolean;
  /** When it was replaced or deleted, in milliseconds since the epoch; undefined: it was not, or the provider does not say it. */
  readonly endedAtMs?: number;
}

/** Earlier versions of objects, in containers that keep them. */
export interface Versions {
  /** Whether what is replaced or deleted in this container from now on stays there as an earlier version. */
  keepsVersions(container: string, call: Call): Promise<boolean>;
  /**
   * Seconds for which the provider keeps what is deleted here for an undelete, beside the versions; no listing shows it. 0: it
   * does not. `unseen`: these credentials may not ask, or the store does not say it.
   */
  softDeleteSeconds(container: string, call: Call): Promise<number | 'unseen'>;
  /** Keys in listing order, the newest version of each first. */
  listVersions(
    container: string,
    prefix: string,
    page: PageRequest,
    call: Call,
  ): Promise<Page<ObjectVersion>>;
  /** As headObject. A version that is missing, or a delete marker, rejects with ObjectDoesNotExistError. */
  headVersion(ref: ObjectRef, versionId: string, call: Call): Promise<ObjectInfo>;
  /** As readObject. A version that is missing, or a delete marker, rejects with ObjectDoesNotExistError. */
  readVersion(
    ref: ObjectRef,
    versionId: string,
    range: ByteRange | undefined,
    call: Call,
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Deletes a version permanently. Deleting a delete marker restores the version before it. A missing version is no error. */
  deleteVersion(ref: ObjectRef, versionId: string, call: Call): Promise<void>;
}
