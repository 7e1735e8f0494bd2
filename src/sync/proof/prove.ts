import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';

/** The fields of a record by which a version of an object is known. */
export type ObjectVersion = Pick<
  ObjectRecord,
  'state' | 'size' | 'md5' | 'md5Parts' | 'etag' | 'versionId'
>;

/** An object was read back. */
export interface Proof {
  readonly name: ObjectName;
  /** Of the object that was read. */
  readonly record: ObjectVersion;
  /** Milliseconds since the epoch; undefined: its bytes were not what they should be, which ends the last proof. */
  readonly atMs: number | undefined;
}

/** See Books.proveAll. */
export function proveAll(
  index: Pick<ObjectIndex, 'get' | 'putAll'>,
  proofs: readonly Proof[],
): Promise<void> {
  return index.putAll(
    proofs.flatMap(({ name, record, atMs }) => {
      const now = index.get(name);
      return now !== undefined && isSameObject(now, record)
        ? [[name, withProof(now, atMs)] as const]
        : [];
    }),
  );
}

/** Whether both are of the same version of an object, whatever its file's stat is by now. */
export function isSameObject(a: ObjectVersion, b: ObjectVersion): boolean {
  return (
    a.state === 'confirmed' &&
    b.state === 'confirmed' &&
    a.size === b.size &&
    a.md5 === b.md5 &&
    a.md5Parts === b.md5Parts &&
    a.etag === b.etag &&
    a.versionId === b.versionId
  );
}

/** What of a record says which version it is of; plain JSON. */
export function versionOf(record: ObjectVersion): ObjectVersion {
  const { state, size, md5, md5Parts, etag, versionId } = record;
  return {
    state,
    size,
    md5,
    ...(md5Parts !== undefined && { md5Parts }),
    ...(etag !== undefined && { etag }),
    ...(versionId !== undefined && { versionId }),
  };
}

function withProof(
  { provenAtMs: _, ...record }: ObjectRecord,
  atMs: number | undefined,
): ObjectRecord {
  return atMs === undefined ? record : { provenAtMs: atMs, ...record };
}
