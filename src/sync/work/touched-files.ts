import { ObjectError } from '../../drivers/errors.js';
import { failpoint } from '../../failpoint.js';
import type { ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import { decide, type Policy } from '../decide.js';
import type { ObjectStore } from '../store/object-store.js';
import type { BatchedFile } from '../upload-batch.js';
import type { MarkedContent } from './books.js';
import { confirmedRecord, recordOf } from './record-of.js';

/** A file of a batch with another stat than its record, whose content was read. */
export interface TouchedFile<File extends BatchedFile> {
  readonly file: File;
  /** That of the file, with its attributes where the mirror keeps any. */
  readonly entry: LocalEntry;
  readonly content: MarkedContent & { readonly md5: string };
  readonly known: ObjectRecord;
}

/**
 * What is to be done about such a file, by the same decision as for a job: `same`: its content is what was sent, and the
 * record gets the new stat; `metadata`: the object gets the file's metadata before that; `changed`: it is sent. Undefined: a
 * job of its own finds out.
 */
export function compareTouched(
  { entry, content: { md5 }, known }: TouchedFile<BatchedFile>,
  policy: Policy,
): 'same' | 'metadata' | 'changed' | undefined {
  if (known.state !== 'confirmed' || known.guarded !== undefined) return undefined;
  const decision = decide({ entry, md5 }, known, 'unknown', policy);
  if (decision.action === 'refresh') return decision.metadata ? 'metadata' : 'same';
  if (decision.action !== 'upload' || decision.why !== 'changed') return undefined;
  // A batch asks neither the trash nor about objects of others: see plainUpload.
  return policy.overwrite === 'always' && policy.deletes !== 'trash' ? 'changed' : undefined;
}

/** The record of a file whose content and metadata the object has. */
export function recordOfSame({
  entry,
  content: { hashedAtMs },
  known,
}: TouchedFile<BatchedFile>): ObjectRecord {
  return recordOf(entry, known, hashedAtMs, 'confirmed');
}

/** Copies under way at once; the target's own limit is in the layers. */
const AT_ONCE = 32;

/**
 * Gives the objects of these files the metadata of the files. Resolves with the records of those that were confirmed;
 * undefined: a job of its own sees to it. Begins nothing more after trouble of the target or the container, or once `drain`
 * is aborted.
 */
export async function renewMetadataOf(
  touched: readonly TouchedFile<BatchedFile>[],
  store: Pick<ObjectStore, 'copy'>,
  policy: Policy,
  drain: AbortSignal,
  signal: AbortSignal,
): Promise<readonly (ObjectRecord | undefined)[]> {
  const records = new Array<ObjectRecord | undefined>(touched.length).fill(undefined);
  const rows = touched.entries();
  let stopped = false;
  const renew = async () => {
    for (const [row, { entry, content, known }] of rows) {
      if (stopped || drain.aborted) return;
      const expected = { md5: content.md5, etag: known.etag };
      try {
        const name = entry.path;
        const confirmed = await store.copy(name, name, entry, expected, 'anywhere', signal);
        failpoint('sync: metadata replaced, not recorded');
        if (confirmed !== undefined)
          records[row] = confirmedRecord(entry, confirmed, content, policy);
      } catch (error) {
        stopped ||= !(error instanceof ObjectError);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, touched.length) }, renew));
  return records;
}
