import { failpoint } from '../../failpoint.js';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { ContentClass } from '../content-class.js';
import { type Proof, proveAll } from '../proof/prove.js';
import type { PlanParts } from '../store/put-file.js';
import type { SetAside } from '../store/set-aside.js';
import type { Orphans } from '../uploads/orphans.js';
import type { UnfinishedUploads } from '../uploads/unfinished-uploads.js';
import type { Entry, Outcome } from './outcome.js';
import { recordOf } from './record-of.js';

/**
 * What jobs write down: the only writer of a mirror's records but for the guard's verdicts. An object's record is written
 * twice: the mark before the first byte goes out, and what was confirmed after the last.
 */
export interface Books {
  /**
   * Records that the object of this file is about to be sent; no byte may go out before this resolves. Keeps the ETag of
   * our present object, by which it is recognised: `ours`, or that of its record.
   */
  mark(name: ObjectName, entry: LocalEntry, content: MarkedContent, ours?: string): Promise<void>;
  /** The same for many, in one commit. */
  markAll(files: readonly MarkedFile[]): Promise<void>;
  /** Writes down in one commit what was confirmed of many objects. */
  recordAll(records: readonly (readonly [ObjectName, ObjectRecord])[]): Promise<void>;
  /** Removes the records of objects that were deleted, in one commit. None of them has anything left of earlier attempts. */
  forgetAll(names: readonly ObjectName[]): Promise<void>;
  /**
   * Writes down in one commit that the objects of these records were read back. One that another record has replaced
   * meanwhile is another version, and gets no proof.
   */
  proveAll(proofs: readonly Proof[]): Promise<void>;
  /** For an upload in parts of this file: continues what the ledger knows of, and keeps it there. */
  planParts(name: ObjectName, entry: LocalEntry, signal: AbortSignal): PlanParts;
  /**
   * Writes down what an attempt did. Resolves when the index has it, and when nothing is left of earlier attempts:
   * unfinished uploads of the object, a copy that was set aside for its file. Rejects with the signal's reason.
   */
  record(name: ObjectName, outcome: Outcome, signal: AbortSignal): Promise<void>;
}

/** What is known of the content that is about to be sent. */
export interface MarkedContent {
  /** Hex; undefined where it is only known once the file was sent. */
  readonly md5: string | undefined;
  readonly looks: ContentClass;
  /** Milliseconds since the epoch, before the first byte is read. */
  readonly hashedAtMs: number;
}

export interface MarkedFile {
  readonly name: ObjectName;
  readonly entry: LocalEntry;
  readonly content: MarkedContent;
  /** The record that the name has now, if any. */
  readonly known: ObjectRecord | undefined;
}

export interface BooksOptions {
  readonly index: Pick<ObjectIndex, 'get' | 'put' | 'putAll' | 'remove' | 'removeAll'>;
  readonly uploads: UnfinishedUploads;
  readonly orphans: Pick<Orphans, 'abort'>;
  readonly aside: Pick<SetAside, 'over'> | undefined;
}

export function openBooks({ index, uploads, orphans, aside }: BooksOptions): Books {
  async function write(name: ObjectName, entry: Entry): Promise<void> {
    if (entry.record !== undefined) return index.put(name, entry.record);
    try {
      await index.remove(name);
    } catch (error) {
      await entry.permit?.refund();
      throw error;
    }
  }

  async function closeUploads(name: ObjectName, signal: AbortSignal): Promise<void> {
    if (uploads.isIdle(name)) return;
    await uploads.abandon([name]);
    await orphans.abort(signal, name);
  }

  return {
    mark: (name, entry, content, ours) =>
      index.put(name, markOf(entry, content, ours ?? index.get(name)?.etag)),
    markAll: (files) =>
      index.putAll(
        files.map(
          ({ name, entry, content, known }) => [name, markOf(entry, content, known?.etag)] as const,
        ),
      ),
    recordAll: index.putAll,
    forgetAll: index.removeAll,
    proveAll: (proofs) => proveAll(index, proofs),
    planParts: (name, entry, signal) => async (partSize, md5) => {
      const plan = await uploads.plan(name, entry, partSize, md5);
      await orphans.abort(signal, name);
      return plan;
    },
    async record(name, outcome, signal) {
      if (outcome.outcome !== 'done') {
        if (outcome.outcome === 'skipped' && outcome.entry) await write(name, outcome.entry);
        return;
      }
      const { job, entry } = outcome;
      await write(name, entry);
      if (job === 'upload_object') {
        failpoint('sync: object recorded, its upload not forgotten');
        if (entry.record?.partSize !== undefined) await uploads.finished(name);
      }
      if (job === 'upload_object' || job === 'copy_object') await aside?.over(name, signal);
      await closeUploads(name, signal);
    },
  };
}

/** `etag`: of our object that is there. */
function markOf(
  entry: LocalEntry,
  { md5 = '', looks, hashedAtMs }: MarkedContent,
  etag: string | undefined,
): ObjectRecord {
  const marked = { md5, looks, ...(etag === undefined ? {} : { etag }) };
  return recordOf(entry, marked, hashedAtMs, 'sending');
}
