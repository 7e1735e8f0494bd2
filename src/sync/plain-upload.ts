import type { ObjectRecord } from '../state/object-index.js';
import type { LocalEntry } from '../watcher/entry.js';
import { type Decision, decide, hasOldMetadata, type Policy, type Remote } from './decide.js';
import { BATCH_BYTES, type BatchedFile, isBatchReason } from './upload-batch.js';

/** What was found about one name, and what is to be done. */
export interface FoundUpload {
  readonly local: LocalEntry | undefined;
  readonly known: ObjectRecord | undefined;
  /** `ask`: the object is to be looked at first, which a job of its own does. */
  readonly remote: Remote | 'ask';
  readonly decision: Decision;
}

/** Files up to this are read once into memory: hashed, sent with their digest, alone or in a batch, and forgotten. Bytes. */
export const SMALL_FILE = 1024 * 1024;

/**
 * The file as a member of a batch, if nothing but sending it is to be done about its name; undefined: a job of its own sees
 * to it. Batches ask neither trash nor guard and look at no object, so that a file is none of theirs when
 *
 * - it is no regular file, has several names (hard links), or is large;
 * - objects of others may not be overwritten;
 * - an earlier upload of it was never confirmed, and may have left an object;
 * - the trash is to keep what is replaced, or may have to;
 * - a decision of the guard about its object is open.
 *
 * What only the main thread knows (a job under way, a rename, a quarantine) is asked when the batch is admitted.
 */
export function plainUpload(
  { local, known, remote, decision }: FoundUpload,
  { overwrite, deletes }: Pick<Policy, 'overwrite' | 'deletes'>,
): BatchedFile | undefined {
  if (decision.action !== 'upload' || !isBatchReason(decision.why) || remote === 'ask')
    return undefined;
  if (local?.kind !== 'file' || local.links !== undefined || local.size > SMALL_FILE)
    return undefined;
  if (overwrite !== 'always' || known?.guarded !== undefined) return undefined;
  if (decision.why === 'unconfirmed' && remote !== 'absent') return undefined;
  if (deletes === 'trash' && (remote !== 'absent' || known !== undefined)) return undefined;
  const listed = typeof remote === 'string' ? remote : 'present';
  return { entry: local, why: decision.why, listed };
}

/**
 * The file as a member of a batch, if it has the size of its record and another stat, and nothing but a comparison of its
 * content decides whether it is sent. As for plainUpload, it is none of a batch's when it has several names, is large, or
 * the guard has an open decision about it.
 */
export function touchedFile(
  { local, known, remote, decision }: FoundUpload,
  policy: Policy,
): BatchedFile | undefined {
  if (decision.action !== 'learn' || decision.what !== 'local-md5' || remote === 'ask')
    return undefined;
  if (local?.kind !== 'file' || local.links !== undefined || local.size > SMALL_FILE)
    return undefined;
  if (known?.state !== 'confirmed' || known.md5 === '' || known.guarded !== undefined)
    return undefined;
  const isListed = typeof remote === 'object';
  if (isListed && hasOldMetadata(known.metadataEpoch, policy)) return undefined;
  const ifSame = decide({ entry: local, md5: known.md5 }, known, remote, policy);
  if (ifSame.action !== 'refresh') return undefined; // the object is not the recorded one
  return { entry: local, why: 'touched', listed: isListed ? 'present' : remote };
}

/** Whether another file still fits into a batch that has these. */
export function fitsBatch(bytes: number, { entry }: BatchedFile): boolean {
  return bytes + entry.size <= BATCH_BYTES;
}
