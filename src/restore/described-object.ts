import type { Backend } from '../drivers/backend.js';
import type { Call, ObjectInfo } from '../drivers/call.js';
import type { ObjectRecord } from '../state/object-index.js';
import { linkGroupIn } from '../sync/linked-file.js';
import {
  type ContentProof,
  findProof,
  isRecordOf,
  recordedProof,
} from '../sync/store/content-proof.js';
import type { Read } from '../sync/store/steady-read.js';
import {
  type Attributes,
  attributesOfObject,
  attributesOfRecord,
  malformedAttributes,
} from './attributes.js';
import type { RestoreContext, RestoreSource } from './restore-context.js';

/** All that is known of an object before its content is read. */
export interface DescribedObject {
  readonly info: ObjectInfo;
  readonly attributes: Attributes;
  /** Objects with the same one were one file with several names (hard links). Undefined: a file with one name. */
  readonly linkGroup?: string;
  /** See RestoreEvent. */
  readonly notes: readonly string[];
}

/**
 * Looks an object up. A listing is enough where it has metadata, or where the index has the attributes of this very version;
 * any other object costs a request. `again`: the listing is out of date. Rejects as the driver does.
 */
export async function describeObject(
  { backend, recordOf }: Pick<RestoreContext, 'backend' | 'recordOf'>,
  { name, info, isDescribed, isCurrent, versionId }: RestoreSource,
  signal: AbortSignal,
  again = false,
): Promise<DescribedObject> {
  const record = isCurrent ? recordOf(name) : undefined;
  // A record says only whether there are extended attributes, not which.
  if (!again && hasSize(backend, info) && isRecordOf(record, info) && !record.attributesDigest)
    return describedBy(info, record);
  const { metaData } = backend.capabilities.listingHas;
  const described =
    !again && (isDescribed === true || (metaData && isCurrent))
      ? info
      : await lookUp(backend, info, versionId, { signal });
  return describedBy(described, undefined);
}

/** What is known of an object whose metadata are in `info`, or whose very version has a record in the index. */
export function describedBy(info: ObjectInfo, record: ObjectRecord | undefined): DescribedObject {
  if (isRecordOf(record, info) && !record.attributesDigest) {
    const links = record.hardLink && { linkGroup: String(record.inode) };
    return { info, attributes: attributesOfRecord(record), ...links, notes: [] };
  }
  const linkGroup = linkGroupIn(info.metaData);
  const notes = malformedAttributes(info).map(
    (key) => `its metadata "${key}" has no known form, and is not applied`,
  );
  const links = linkGroup !== undefined && { linkGroup };
  return { info, attributes: attributesOfObject(info), ...links, notes };
}

function lookUp(
  backend: Backend,
  { container, key }: ObjectInfo,
  versionId: string | undefined,
  call: Call,
): Promise<ObjectInfo> {
  const { versions } = backend.capabilities;
  if (versionId === undefined || versions === undefined)
    return backend.headObject({ container, key }, call);
  return versions.headVersion({ container, key }, versionId, call);
}

/** Some providers list an object that is made of others with 0 bytes. */
export function hasSize({ capabilities }: Backend, { size }: ObjectInfo): boolean {
  return size > 0 || capabilities.listingHas.largeSizes !== false;
}

/**
 * See `findProof`. The index speaks of the current object alone, and so does the index snapshot in the container, of that very
 * version: it has the digests of parts where an ETag says nothing of them.
 */
export async function proofOf(
  {
    backend,
    recordOf,
    recordInSnapshot,
  }: Pick<RestoreContext, 'backend' | 'recordOf' | 'recordInSnapshot'>,
  { name, isCurrent }: RestoreSource,
  { info }: DescribedObject,
  signal: AbortSignal,
): Promise<ContentProof | undefined> {
  if (!isCurrent) return findProof(backend, info, undefined, signal);
  const known = await findProof(backend, info, recordOf(name), signal);
  if (known !== undefined) return known;
  const record = await recordInSnapshot(name);
  return isRecordOf(record, info) ? recordedProof(record) : undefined;
}

/** Reads the very object that was described: another one in its place is refused with ObjectChangedError. */
export function readerOf(
  { backend }: Pick<RestoreContext, 'backend'>,
  { versionId }: RestoreSource,
  { info: { container, key, extra } }: DescribedObject,
  signal: AbortSignal,
): Read {
  const { versions } = backend.capabilities;
  if (versionId !== undefined && versions !== undefined)
    return (range) => versions.readVersion({ container, key }, versionId, range, { signal });
  const { etag } = extra;
  const ref = { container, key, ...(typeof etag === 'string' && { etag }) };
  return (range) => backend.readObject(ref, range, { signal });
}
