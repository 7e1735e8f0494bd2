import type { ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { ContentClass } from '../content-class.js';
import type { Policy } from '../decide.js';
import { digestOfAttributes } from '../file-attributes.js';
import { isRecordedLink } from '../linked-file.js';
import type { Confirmed } from '../store/object-store.js';

/**
 * The record of a file as it was seen before it was read, and of what was confirmed (or is meant) of its object. The last
 * proof is given for an object that stays the version that it was, and for no other.
 */
export function recordOf(
  entry: LocalEntry,
  confirmed: Confirmed & {
    readonly looks?: ContentClass | undefined;
    readonly metadataEpoch?: number | undefined;
    readonly provenAtMs?: number | undefined;
    readonly hardLink?: boolean | undefined;
    readonly attributesDigest?: string | undefined;
  },
  hashedAtMs: number,
  state: ObjectRecord['state'],
): ObjectRecord {
  const { kind, size, mtimeNs, ctimeNs, inode, mode, uid, gid } = entry;
  const {
    md5,
    md5Parts,
    etag,
    partSize,
    versionId,
    looks = 'ordinary',
    metadataEpoch = 0,
    provenAtMs,
    hardLink = false,
    attributesDigest,
  } = confirmed;
  // Field by field: two of these are made for each object, and spreads cost more than all the rest of it.
  const record: { -readonly [Field in keyof ObjectRecord]: ObjectRecord[Field] } = {
    state,
    kind,
    size,
    mtimeNs,
    ctimeNs,
    inode,
    mode,
    uid,
    gid,
    md5,
    hashedAtMs,
  };
  if (md5Parts !== undefined) record.md5Parts = md5Parts;
  if (etag !== undefined) record.etag = etag;
  if (partSize !== undefined) record.partSize = partSize;
  if (versionId !== undefined) record.versionId = versionId;
  if (looks !== 'ordinary') record.looks = looks;
  if (metadataEpoch !== 0) record.metadataEpoch = metadataEpoch;
  if (provenAtMs !== undefined) record.provenAtMs = provenAtMs;
  if (hardLink) record.hardLink = hardLink;
  if (attributesDigest !== undefined) record.attributesDigest = attributesDigest;
  return record;
}

/**
 * The record of a file whose object was confirmed. `looks`, `hashedAtMs`: of its content, when it was read. `attributesDigest`:
 * by default that of the attributes that `entry` has.
 */
export function confirmedRecord(
  entry: LocalEntry,
  confirmed: Confirmed,
  { looks, hashedAtMs }: { readonly looks: ContentClass; readonly hashedAtMs: number },
  policy: Policy,
  attributesDigest = digestOfAttributes(entry.attributes),
): ObjectRecord {
  const { metadataEpoch } = policy;
  const hardLink = isRecordedLink(entry, policy);
  const described = { looks, metadataEpoch, hardLink, attributesDigest, ...confirmed };
  return recordOf(entry, described, hashedAtMs, 'confirmed');
}
