import { isSetTime } from '../file-time.js';
import type { ObjectRecord } from '../state/object-index.js';
import type { LocalEntry } from '../watcher/entry.js';
import { type Digests, isHashedInParts, isRecorded } from './digests.js';
import { hasOtherLinks } from './linked-file.js';
import { type KeptMetadata, metadataDiffers } from './metadata-differs.js';
import { isRacy, sameStat } from './same-stat.js';

/** A local file or link, and digests of its content once the file has been read. */
export interface LocalFact extends Digests {
  readonly entry: LocalEntry;
}

/** What the provider says of an object, from a listing or from a look at the object itself. */
export interface RemoteFact {
  readonly size: number;
  /** Hex MD5 of the content, where the provider (or our own metadata on the object) reports it. */
  readonly md5?: string;
  readonly etag?: string;
  /** The time of the file that it was made of, as its metadata says; nanoseconds since the epoch. Listings do not tell it. */
  readonly mtimeNs?: bigint;
  /** Bytes per part, when its content was compared by that. */
  readonly partSize?: number;
  /** True once the object itself was asked, so that a missing `md5` will stay missing. */
  readonly inspected: boolean;
}

/** `unknown`: not asked yet; `absent`: a listing or a HEAD showed none. */
export type Remote = 'unknown' | 'absent' | RemoteFact;

export interface Policy {
  /** `never`: an object that we did not put there is not replaced. */
  readonly overwrite: 'always' | 'never';
  readonly extraneous: 'keep' | 'report' | 'delete';
  /** `trash` decides as `mirror` does; the difference is in how it is done. */
  readonly deletes: 'mirror' | 'trash' | 'keep';
  readonly metadata: KeptMetadata;
  /** The number of these settings: records with another one are of objects that were given others. Default 0. */
  readonly metadataEpoch?: number;
}

export type Decision =
  | { readonly action: 'nothing' }
  /** A fact is missing. Find it and decide again. `partSize`: the file is to be hashed in parts of this size as well. */
  | {
      readonly action: 'learn';
      readonly what: 'local-md5' | 'remote-md5' | 'remote';
      readonly partSize?: number;
    }
  | { readonly action: 'upload'; readonly why: UploadReason }
  /** The object is already what it should be: record it, send nothing. */
  | { readonly action: 'adopt' }
  /** Same content under a new stat: record the stat, and the object's metadata too when `metadata` is true. */
  | { readonly action: 'refresh'; readonly metadata: boolean }
  /** The file is what was sent, but the object was given its metadata by other settings. */
  | { readonly action: 'renew-metadata' }
  | { readonly action: 'delete'; readonly why: 'gone' | 'extraneous' }
  | { readonly action: 'forget' }
  /** The file is what was sent, although its delete or overwrite was held, approved or rejected: that is over. */
  | { readonly action: 'release' }
  | {
      readonly action: 'report';
      readonly what: 'extraneous' | 'overwrite-refused' | 'object-damaged' | 'object-missing';
    };

export type UploadReason =
  /** No record, and no object or none that was asked about. */
  | 'new'
  /** The content differs from what was sent last. */
  | 'changed'
  /** The last upload was begun and never confirmed. */
  | 'unconfirmed'
  /** No record, and the object there has other content. */
  | 'other-content'
  /** Drift: our object is gone, or is not what we sent. */
  | 'drift'
  /** The object was read back and is not what was sent, or is missing: see decideHealing. */
  | 'damaged'
  | 'missing';

const NOTHING: Decision = { action: 'nothing' };

/**
 * The heart: what is to be done about one object name. Pure and total. Watching, scanning and reconciling differ only
 * in which facts they bring; `learn` asks for one that is missing.
 */
export function decide(
  local: LocalFact | undefined,
  known: ObjectRecord | undefined,
  remote: Remote,
  policy: Policy,
): Decision {
  if (local === undefined)
    return known === undefined
      ? decideExtraneous(remote, policy)
      : decideGone(known, remote, policy);
  if (known === undefined) return decideNew(local, remote, policy);
  if (known.state === 'sending') return decideUnconfirmed(local, known, remote, policy);
  return decideKnown(local, known, remote, policy);
}

/** What becomes of an object without a file and without a record. */
export function decideExtraneous(remote: Remote, policy: Policy): Decision {
  if (remote === 'unknown' || remote === 'absent' || policy.extraneous === 'keep') return NOTHING;
  return policy.extraneous === 'delete'
    ? { action: 'delete', why: 'extraneous' }
    : { action: 'report', what: 'extraneous' };
}

function decideGone(known: ObjectRecord, remote: Remote, policy: Policy): Decision {
  if (remote === 'absent') return { action: 'forget' };
  // Kept objects stay in the index: a file that comes back is then compared instead of sent, and the object is not taken for foreign.
  return policy.deletes === 'keep' || known.guarded === 'rejected'
    ? NOTHING
    : { action: 'delete', why: 'gone' };
}

function decideNew(local: LocalFact, remote: Remote, policy: Policy): Decision {
  if (remote === 'unknown' && policy.overwrite === 'never')
    return { action: 'learn', what: 'remote' };
  if (remote === 'unknown' || remote === 'absent') return { action: 'upload', why: 'new' };
  const same = sameContent(local, remote);
  if (same === 'same') return { action: 'adopt' };
  if (same !== 'different') return same;
  return policy.overwrite === 'never'
    ? { action: 'report', what: 'overwrite-refused' }
    : { action: 'upload', why: 'other-content' };
}

function decideUnconfirmed(
  local: LocalFact,
  known: ObjectRecord,
  remote: Remote,
  policy: Policy,
): Decision {
  if (remote === 'unknown' && policy.overwrite === 'never')
    return { action: 'learn', what: 'remote' };
  if (remote === 'unknown' || remote === 'absent') return { action: 'upload', why: 'unconfirmed' };
  const same = sameContent(local, remote);
  if (same === 'same') return { action: 'adopt' };
  if (same !== 'different') return same;
  if (policy.overwrite === 'always' || isOfOurs(known, remote))
    return { action: 'upload', why: 'unconfirmed' };
  return remote.inspected
    ? { action: 'report', what: 'overwrite-refused' }
    : { action: 'learn', what: 'remote-md5' };
}

/**
 * Whether an object is what was being sent when this record was written, or the object of ours that it was to replace: the
 * mark is written before the first byte goes out, and a process that was interrupted there may have sent nothing.
 */
export function isOfOurs({ md5, size, mtimeNs, etag }: ObjectRecord, remote: RemoteFact): boolean {
  if (etag !== undefined && remote.etag === etag) return true;
  if (md5 !== '' && remote.md5 !== undefined) return remote.md5 === md5;
  // A store that keeps objects as files may tell the time that was set on the file instead of the one in its records.
  return remote.size === size && remote.mtimeNs !== undefined && isSetTime(remote.mtimeNs, mtimeNs);
}

function decideKnown(
  local: LocalFact,
  known: ObjectRecord,
  remote: Remote,
  policy: Policy,
): Decision {
  const drifted = hasDrifted(known, remote);
  if (sameStat(local.entry, known) && !isRacy(known)) {
    if (drifted) return decideDrifted(local, known, remote);
    if (known.guarded !== undefined) return { action: 'release' };
    return (isFact(remote) && hasOldMetadata(known.metadataEpoch, policy)) ||
      hasOtherLinks(local.entry, known, policy)
      ? { action: 'renew-metadata' }
      : NOTHING;
  }
  if (local.entry.size !== known.size || local.entry.kind !== known.kind) {
    // The content differs for certain, so there is nothing to hash for, unless the object already has the new content.
    return drifted && isFact(remote)
      ? adoptOrUpload(local, remote, 'changed')
      : { action: 'upload', why: 'changed' };
  }
  const same = isRecorded(local, known);
  if (same === undefined) {
    const learn = { action: 'learn', what: 'local-md5' } as const;
    return isHashedInParts(known) ? { ...learn, partSize: known.partSize } : learn;
  }
  if (!same) {
    // What the record was hashed by does not tell whether an object with an MD5 is still the recorded one.
    const isOther =
      drifted || (isFact(remote) && remote.md5 !== undefined && isHashedInParts(known));
    return isOther && isFact(remote)
      ? adoptOrUpload(local, remote, 'changed')
      : { action: 'upload', why: 'changed' };
  }
  if (drifted) return decideDrifted(local, known, remote);
  const given = isFact(remote) && hasOldMetadata(known.metadataEpoch, policy);
  return { action: 'refresh', metadata: given || metadataDiffers(local.entry, known, policy) };
}

/** The file is what was sent. Another ETag alone proves no other content: a local target that lost its records has one. */
function decideDrifted(local: LocalFact, known: ObjectRecord, remote: Remote): Decision {
  const isOther =
    !isFact(remote) ||
    remote.size !== known.size ||
    (remote.md5 !== undefined && !remote.inspected && !isHashedInParts(known));
  return isOther ? { action: 'upload', why: 'drift' } : adoptOrUpload(local, remote, 'drift');
}

function adoptOrUpload(local: LocalFact, remote: RemoteFact, why: UploadReason): Decision {
  const same = sameContent(local, remote);
  if (same === 'same') return { action: 'adopt' };
  return same === 'different' ? { action: 'upload', why } : same;
}

function isFact(remote: Remote): remote is RemoteFact {
  return typeof remote === 'object';
}

/** Compares content as cheaply as the facts allow; a `learn` decision when they do not suffice. */
function sameContent(local: LocalFact, remote: RemoteFact): 'same' | 'different' | Decision {
  if (local.entry.size !== remote.size) return 'different';
  if (remote.md5 === undefined)
    return remote.inspected ? 'different' : { action: 'learn', what: 'remote-md5' };
  if (local.md5 === undefined) return { action: 'learn', what: 'local-md5' };
  return local.md5 === remote.md5 ? 'same' : 'different';
}

/** Whether the object is not the one that the record describes. Nothing known about the object is no drift. */
function hasDrifted(known: ObjectRecord, remote: Remote): boolean {
  if (remote === 'unknown') return false;
  if (remote === 'absent' || remote.size !== known.size) return true;
  const hasOtherEtag =
    remote.etag !== undefined && known.etag !== undefined && remote.etag !== known.etag;
  if (remote.md5 === undefined || isHashedInParts(known)) return hasOtherEtag;
  // An object was inspected because of its ETag, which is then to be recorded.
  return remote.md5 !== known.md5 || (remote.inspected && hasOtherEtag);
}

/** Whether an object was given its metadata by other settings than those of now. Only a reconcile sees to it. */
export function hasOldMetadata(epoch: number | undefined, { metadataEpoch = 0 }: Policy): boolean {
  return (epoch ?? 0) !== metadataEpoch;
}
