import type { PartsDigest } from '../parts-digest.js';
import type { ObjectRecord } from '../state/object-index.js';

/** What is known of one content: hex MD5 of the whole, that of its parts' MD5s, or both. */
export interface Digests {
  readonly md5?: string;
  readonly md5Parts?: PartsDigest;
}

/** Whether both are of the same content; undefined when no digest of one kind is known of both. */
export function compareDigests(a: Digests, b: Digests): boolean | undefined {
  if (a.md5 !== undefined && b.md5 !== undefined) return a.md5 === b.md5;
  if (a.md5Parts === undefined || b.md5Parts === undefined) return undefined;
  return a.md5Parts.partSize === b.md5Parts.partSize
    ? a.md5Parts.hex === b.md5Parts.hex
    : undefined;
}

export function digestsOf({
  md5,
  md5Parts: hex,
  partSize,
}: Pick<ObjectRecord, 'md5' | 'md5Parts' | 'partSize'>): Digests {
  return {
    ...(md5 !== '' && { md5 }),
    ...(hex !== undefined && partSize !== undefined && { md5Parts: { partSize, hex } }),
  };
}

/** As a record has it; without `partSize` where there is none. */
export function recordedParts(
  md5Parts: PartsDigest | undefined,
): Pick<ObjectRecord, 'md5Parts' | 'partSize'> {
  return md5Parts === undefined ? {} : { md5Parts: md5Parts.hex, partSize: md5Parts.partSize };
}

/** Whether a content is the recorded one; undefined when it was not hashed as the record's was. */
export function isRecorded(content: Digests, record: ObjectRecord): boolean | undefined {
  const recorded = digestsOf(record);
  const same = compareDigests(content, recorded);
  // A record without any digest is of an object that was never read.
  const hasNone = recorded.md5 === undefined && recorded.md5Parts === undefined;
  return same ?? (hasNone && content.md5 !== undefined ? false : undefined);
}

/** Whether only the digest of part digests is known. */
export function isHashedInParts(
  record: ObjectRecord,
): record is ObjectRecord & { readonly partSize: number } {
  return record.md5 === '' && record.md5Parts !== undefined;
}
