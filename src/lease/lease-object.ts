import type { Backend } from '../drivers/backend.js';
import { bytesBody } from '../drivers/body.js';
import { bookkeepingPut } from '../drivers/bookkeeping.js';
import type { ObjectInfo, ObjectRef, Precondition } from '../drivers/call.js';
import {
  ObjectDoesNotExistError,
  PreconditionFailedError,
  StorageError,
  UnsupportedOperationError,
} from '../drivers/errors.js';
import { type LeaseDocument, readDocument, writeDocument } from './document.js';

/** Identifies one content of the lease object. A field is undefined where the provider does not give it. */
export interface LeaseVersion {
  readonly etag: string | undefined;
  /** Only in containers that keep every version. */
  readonly versionId: string | undefined;
}

/** The content of a lease object at one moment. */
export interface FoundLease {
  /** The whole content. Two reads with equal texts prove that the holder did not renew in between. */
  readonly text: string;
  /** Undefined when the text is not a lease that this version can read. */
  readonly document: LeaseDocument | undefined;
  readonly version: LeaseVersion;
}

/** The object in a container that names the holder of the lease. Calls reject with the errors of the driver. */
export interface LeaseObject {
  /**
   * Whether the provider refuses a write when another writer was faster. Otherwise the last of two writers wins, and both
   * read the result. Becomes false when the provider turns out to support no conditions.
   */
  readonly conditional: boolean;
  read(signal: AbortSignal): Promise<FoundLease | undefined>;
  /**
   * Replaces exactly `before` (undefined: no object) where the provider has conditions. Rejects with
   * PreconditionFailedError when the object has another version. In a container that keeps versions it deletes the
   * replaced one, so that renewals do not pile up, if the credentials allow it.
   */
  write(
    document: LeaseDocument,
    before: LeaseVersion | undefined,
    signal: AbortSignal,
  ): Promise<LeaseVersion>;
  /** Replaces the object whatever its version. `before` is the version to delete in a container that keeps versions. */
  overwrite(
    document: LeaseDocument,
    before: LeaseVersion | undefined,
    signal: AbortSignal,
  ): Promise<LeaseVersion>;
  remove(signal: AbortSignal): Promise<void>;
}

const OPTIONS = bookkeepingPut('application/json');
/** Old versions that are remembered: each costs the next renewal a request. */
const MOST_REPLACED = 10;
/** Bytes that are read: a larger object is not a lease. */
const LONGEST = 64 * 1024;

export function leaseObject(backend: Backend, ref: ObjectRef): LeaseObject {
  const { preconditions } = backend.capabilities;
  let conditional = preconditions.includes('ifAbsent') && preconditions.includes('ifMatch');

  const oldVersions = createOldVersions(backend, ref);

  function preconditionOf(before: LeaseVersion | undefined): Precondition | undefined {
    if (!conditional) return undefined;
    if (before === undefined) return { ifAbsent: true };
    return before.etag === undefined ? undefined : { ifMatch: before.etag };
  }

  const put = (
    document: LeaseDocument,
    precondition: Precondition | undefined,
    signal: AbortSignal,
  ): Promise<ObjectInfo> =>
    backend.putObject(
      ref,
      bytesBody(writeDocument(document)),
      { ...OPTIONS, ...(precondition && { precondition }) },
      { signal },
    );

  async function currentEtag(signal: AbortSignal): Promise<string | undefined> {
    try {
      return versionOf((await backend.headObject(ref, { signal })).extra).etag;
    } catch (error) {
      if (error instanceof ObjectDoesNotExistError) return undefined;
      throw error;
    }
  }

  /** Replaces a conditional write at a provider that refuses conditions which hold. */
  async function putAfterHead(
    document: LeaseDocument,
    before: LeaseVersion | undefined,
    signal: AbortSignal,
  ): Promise<ObjectInfo> {
    if ((await currentEtag(signal)) !== before?.etag)
      throw new PreconditionFailedError(ref.key, 'was replaced by another writer', {
        driver: backend.name,
      });
    const info = await put(document, undefined, signal);
    conditional = false;
    return info;
  }

  async function putWhere(
    document: LeaseDocument,
    before: LeaseVersion | undefined,
    signal: AbortSignal,
  ): Promise<ObjectInfo> {
    const precondition = preconditionOf(before);
    try {
      return await put(document, precondition, signal);
    } catch (error) {
      if (precondition === undefined || !(error instanceof UnsupportedOperationError)) throw error;
      return putAfterHead(document, before, signal);
    }
  }

  async function replace(
    before: LeaseVersion | undefined,
    signal: AbortSignal,
    write: () => Promise<ObjectInfo>,
  ): Promise<LeaseVersion> {
    const version = versionOf((await write()).extra);
    if (before?.versionId !== undefined && before.versionId !== version.versionId)
      oldVersions.add(before.versionId);
    await oldVersions.delete(signal);
    return version;
  }

  return {
    get conditional() {
      return conditional;
    },
    remove: (signal) => backend.deleteObject(ref, { signal }),
    read: (signal) => readLease(backend, ref, signal),
    write: (document, before, signal) =>
      replace(before, signal, () => putWhere(document, before, signal)),
    overwrite: (document, before, signal) =>
      replace(before, signal, () => put(document, undefined, signal)),
  };
}

/** The replaced versions of a lease object, in a container that keeps all versions. */
function createOldVersions(backend: Backend, ref: ObjectRef) {
  const { versions } = backend.capabilities;
  /** Undefined once deleting them has failed for good. */
  let replaced: readonly string[] | undefined = [];
  return {
    add(versionId: string) {
      replaced = replaced && [...replaced, versionId];
    },
    /** Deletes them as far as possible. Never rejects. */
    async delete(signal: AbortSignal): Promise<void> {
      while (replaced?.[0] !== undefined) {
        try {
          await versions?.deleteVersion(ref, replaced[0], { signal });
          replaced = replaced.slice(1);
        } catch (error) {
          const mayPass =
            !signal.aborted && error instanceof StorageError && error.retry !== 'never';
          // Without the right to delete, under a lock, or where it is slow enough to delay renewals: no further attempts.
          replaced = mayPass ? replaced.slice(-MOST_REPLACED) : undefined;
          return;
        }
      }
    },
  };
}

async function readLease(
  backend: Backend,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<FoundLease | undefined> {
  try {
    // The etag first: content that is newer than its etag is judged, but a write on that etag is refused.
    const { extra } = await backend.headObject(ref, { signal });
    const chunks: Uint8Array[] = [];
    for await (const chunk of await backend.readObject(ref, { start: 0, end: LONGEST }, { signal }))
      chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    return { text, document: readDocument(text), version: versionOf(extra) };
  } catch (error) {
    if (error instanceof ObjectDoesNotExistError) return undefined;
    throw error;
  }
}

function versionOf({ etag, versionId }: Readonly<Record<string, unknown>>): LeaseVersion {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return { etag: text(etag), versionId: text(versionId) };
}
