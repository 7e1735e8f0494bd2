import type { ObjectRecord } from '../state/object-index.js';
import type { LocalEntry } from '../watcher/entry.js';
import type { Decision, Remote } from './decide.js';

/** What a decision about one object rested on. Plain JSON: numbers beyond 2^53 are decimal texts. */
export interface Evidence {
  /** The file; null: there was none. */
  readonly file: FileEvidence | null;
  /** What was recorded of the object; null: it had no record. */
  readonly record: RecordEvidence | null;
  /** What the container held; `unknown`: it was not asked. */
  readonly object: 'unknown' | 'absent' | ObjectEvidence;
  /** The object that the content is to be copied from, with its record. */
  readonly from?: { readonly name: string; readonly record: RecordEvidence | null };
}

/** The stat fields that identify one version of a file. `size`: bytes. */
export interface FileEvidence {
  readonly kind: LocalEntry['kind'];
  readonly size: number;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly inode: string;
}

export interface RecordEvidence {
  readonly state: ObjectRecord['state'];
  readonly size: number;
  readonly mtimeNs: string;
  readonly md5: string;
  readonly md5Parts?: string;
  readonly etag?: string;
}

export interface ObjectEvidence {
  readonly size: number;
  readonly etag?: string;
  readonly md5?: string;
}

/** An action that a plan has, or is to have. */
export interface Planned {
  readonly action: Exclude<Decision['action'], 'nothing' | 'learn' | 'report'>;
  readonly evidence: Evidence;
}

export function fileEvidence(entry: LocalEntry): FileEvidence {
  const { kind, size, mtimeNs, ctimeNs, inode } = entry;
  return {
    kind,
    size,
    mtimeNs: mtimeNs.toString(),
    ctimeNs: ctimeNs.toString(),
    inode: inode.toString(),
  };
}

export function recordEvidence(record: ObjectRecord | undefined): RecordEvidence | null {
  if (record === undefined) return null;
  const { state, size, mtimeNs, md5, md5Parts, etag } = record;
  return {
    state,
    size,
    mtimeNs: mtimeNs.toString(),
    md5,
    ...(md5Parts === undefined ? {} : { md5Parts }),
    ...(etag === undefined ? {} : { etag }),
  };
}

export function objectEvidence(remote: Remote): Evidence['object'] {
  if (typeof remote === 'string') return remote;
  const { size, etag, md5 } = remote;
  return {
    size,
    ...(etag === undefined ? {} : { etag }),
    ...(md5 === undefined ? {} : { md5 }),
  };
}

/**
 * Why an action that was planned on the evidence `then` may not be carried out now; undefined: it may. What was not asked
 * then, or cannot be compared, does not speak against it.
 */
export function whatChanged(then: Evidence, now: Evidence): string | undefined {
  return (
    fileChange(then.file, now.file) ??
    recordChange(then.record, now.record) ??
    objectChange(then.object, now.object) ??
    sourceChange(then.from, now.from)
  );
}

/** The part of `whatChanged` that only the file can change. */
export function fileChange(
  then: FileEvidence | null,
  now: FileEvidence | null,
): string | undefined {
  if (then === null) return now === null ? undefined : 'the file is there again';
  if (now === null) return 'the file is gone';
  const isSame =
    then.kind === now.kind &&
    then.size === now.size &&
    then.mtimeNs === now.mtimeNs &&
    then.ctimeNs === now.ctimeNs &&
    then.inode === now.inode;
  return isSame ? undefined : 'the file has changed';
}

function recordChange(then: RecordEvidence | null, now: RecordEvidence | null): string | undefined {
  const isSame =
    then === null || now === null
      ? then === now
      : then.state === now.state &&
        then.size === now.size &&
        then.mtimeNs === now.mtimeNs &&
        then.md5 === now.md5 &&
        then.md5Parts === now.md5Parts &&
        then.etag === now.etag;
  return isSame ? undefined : 'another run has worked on the object since then';
}

function objectChange(then: Evidence['object'], now: Evidence['object']): string | undefined {
  if (then === 'unknown' || now === 'unknown') return undefined;
  if (then === 'absent')
    return now === 'absent' ? undefined : 'the container has an object of this name now';
  if (now === 'absent') return 'the object is gone from the container';
  const isSame =
    then.size === now.size && equalIfKnown(then.etag, now.etag) && hasSameMd5(then, now);
  return isSame ? undefined : 'the object in the container is another one';
}

/** An ETag that is the same decides: whether the provider reports an MD5 depends on how it was asked. */
function hasSameMd5(then: ObjectEvidence, now: ObjectEvidence): boolean {
  return (then.etag !== undefined && now.etag !== undefined) || equalIfKnown(then.md5, now.md5);
}

function equalIfKnown(then: string | undefined, now: string | undefined): boolean {
  return then === undefined || now === undefined || then === now;
}

function sourceChange(then: Evidence['from'], now: Evidence['from']): string | undefined {
  if (then === undefined) return undefined;
  if (now?.name !== then.name || recordChange(then.record, now.record) !== undefined)
    return 'the object that its content was to be copied from is another one';
  return undefined;
}
