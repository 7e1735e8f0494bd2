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

/** Tells one content of the object from all others; undefined where the provider does not. */
export interface LeaseVersion {
  readonly etag: string | undefined;
  /** Only of containers that keep every version. */
  readonly versionId: string | undefined;
}

/** What lies in a lease object at one moment. */
export interface FoundLease {
  /** As it is: two that are equal mean that nobody gave a sign of life between them. */
  readonly text: string;
  /** Undefined when it cannot be read as a lease. */
  readonly document: LeaseDocument | undefined;
  readonly version: LeaseVersion;
}

/** The one object that says who holds a place in a container. Calls reject with the errors of the driver. */
export interface LeaseObject {
  /**
   * Whether a write can be refused when another writer was faster. Else the last of two writers wins, and both see who it
   * was. A provider that turns out to understand no condition makes it false.
   */
  readonly conditional: boolean;
  read(signal: AbortSignal): Promise<FoundLease | undefined>;
  /**
   * Replaces exactly `before` (undefined: nothing), where the provider can tell; rejects with PreconditionFailedError
   * when something else is there. In a container that keeps versions the one before is deleted, so that signs of life
   * do not pile up, if these credentials may do that.
   */
  write(
    document: LeaseDocument,
    before: LeaseVersion | undefined,
    signal: AbortSignal,
  ): Promise<LeaseVersion>;
  /** Replaces whatever is there. `before` is the version to delete in a container that keeps versions. */
  overwrite(
    document: LeaseDocument,
    before: LeaseVersion | undefined,
    signal: AbortSignal,
  ): Promise<LeaseVersion>;
  remove(signal: AbortSignal): Promise<void>;
}

const OPTIONS = bookkeepingPut('application/json');
/** Each costs a request of the next sign of life. */
const MOST_REPLACED = 10;
/** More is no lease of ours. */
const LONGEST = 64 * 1024;

export function leaseObject(backend: Backend, ref: ObjectRef): LeaseObject {
  const { preconditions, versions } = backend.capabilities;
  let conditional = preconditions.includes('ifAbsent') && preconditions.includes('ifMatch');

  /** Versions that are to be deleted; undefined where that is of no use. */
  let replaced: readonly string[] | undefined = [];

  async function tidy(signal: AbortSignal): Promise<void> {
    while (replaced?.[0] !== undefined) {
      try {
        await versions?.deleteVersion(ref, replaced[0], { signal });
        replaced = replaced.slice(1);
      } catch (error) {
        const mayPass = !signal.aborted && error instanceof StorageError && error.retry !== 'never';
        // No right to, locked, or so slow that the sign of life itself was held up: it is only tidiness, and is not asked for again.
        replaced = mayPass ? replaced.slice(-MOST_REPLACED) : undefined;
        return;
      }
    }
  }

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

  /** What a conditional write becomes at a provider that refuses conditions which hold. */
  async function putAfterLook(
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
      return putAfterLook(document, before, signal);
    }
  }

  async function replace(
    before: LeaseVersion | undefined,
    signal: AbortSignal,
    write: () => Promise<ObjectInfo>,
  ): Promise<LeaseVersion> {
    const version = versionOf((await write()).extra);
    if (before?.versionId !== undefined && before.versionId !== version.versionId)
      replaced = replaced && [...replaced, before.versionId];
    await tidy(signal);
    return version;
  }

  return {
    get conditional() {
      return conditional;
    },
    remove: (signal) => backend.deleteObject(ref, { signal }),
    async read(signal) {
      try {
        // First the etag: content that is newer than it can be judged by, and is then not replaced.
        const { extra } = await backend.headObject(ref, { signal });
        const chunks: Uint8Array[] = [];
        for await (const chunk of await backend.readObject(
          ref,
          { start: 0, end: LONGEST },
          { signal },
        ))
          chunks.push(chunk);
        const text = Buffer.concat(chunks).toString('utf8');
        return { text, document: readDocument(text), version: versionOf(extra) };
      } catch (error) {
        if (error instanceof ObjectDoesNotExistError) return undefined;
        throw error;
      }
    },
    write: (document, before, signal) =>
      replace(before, signal, () => putWhere(document, before, signal)),
    overwrite: (document, before, signal) =>
      replace(before, signal, () => put(document, undefined, signal)),
  };
}

function versionOf({ etag, versionId }: Readonly<Record<string, unknown>>): LeaseVersion {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return { etag: text(etag), versionId: text(versionId) };
}
