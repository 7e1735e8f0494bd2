import { failpoint } from '../../failpoint.js';
import type { ObjectIndex, ObjectRecord } from '../../state/object-index.js';
import type { Policy } from '../decide.js';
import { needsAttributes } from '../file-attributes.js';
import type { ObjectStore } from '../store/object-store.js';
import type { BatchedFile, UploadBatch } from '../upload-batch.js';
import {
  type BatchAnswer,
  type BatchEffects,
  type FileAnswer,
  NotBegunError,
  type SameFile,
} from './batch-effects.js';
import { type BatchMarks, createBatchMarks } from './batch-marks.js';
import { orderOf } from './batch-orders.js';
import type { Books } from './books.js';
import { confirmedRecord } from './record-of.js';
import {
  compareTouched,
  recordOfSame,
  renewMetadataOf,
  type TouchedFile,
} from './touched-files.js';

/** What a batch works with. */
export interface BatchContext {
  readonly effects: BatchEffects;
  readonly store: Pick<ObjectStore, 'copy'>;
  readonly books: Pick<Books, 'markAll' | 'recordAll' | 'forgetAll'>;
  readonly index: Pick<ObjectIndex, 'getAll'>;
  readonly policy: Policy;
  /** Whether something has to be seen to, or waited for, before this file is sent: a job of its own does that. */
  needsJob(file: BatchedFile): boolean;
  /** Aborted: nothing new is begun. */
  readonly drain: AbortSignal;
}

export interface BatchResult<File extends BatchedFile> {
  /** Confirmed and recorded. */
  readonly done: readonly DoneFile<File>[];
  readonly left: readonly LeftFile<File>[];
}

export interface DoneFile<File extends BatchedFile> {
  readonly file: File;
  readonly record: ObjectRecord;
  /** As a job of its own reports it. */
  readonly did: {
    readonly job: 'upload_object' | 'refresh_metadata';
    readonly why: string;
  };
}

/** A file that needs a job of its own. `mayHaveGoneOut`: bytes may have, so the object must be looked at first. */
export interface LeftFile<File extends BatchedFile> {
  readonly file: File;
  readonly mayHaveGoneOut: boolean;
}

/** The files of a batch by what became of them. */
interface Sorted<File extends BatchedFile> {
  /** The object has their content, and is to get their metadata. */
  readonly describing: TouchedFile<File>[];
  readonly done: DoneFile<File>[];
  readonly left: LeftFile<File>[];
}

/**
 * Uploads the files of a batch, or records that they are what was sent, with one order to its effects, two commits of the
 * index, and nothing awaited for a single file. A file for which something does not go as usual leaves the batch and gets a job
 * of its own, which begins with the disk: the retries, the error classes, the guard and the quarantine are there. Rejects when
 * the index cannot be written, the target fails as a whole, or no answer is to be had; each of the files may then have been
 * sent. `files`: those of the batch, in its order.
 */
export async function uploadBatch<File extends BatchedFile>(
  batch: UploadBatch,
  files: readonly File[],
  ctx: BatchContext,
  signal: AbortSignal,
): Promise<BatchResult<File>> {
  const { index, policy, books, needsJob } = ctx;
  const known = index.getAll(files.map(({ entry }) => entry.path));
  const orders = files.map((file, row) =>
    needsJob(file) ? undefined : orderOf(file, known[row], policy),
  );
  const marks = createBatchMarks(known, books);
  const answer = await carryOut({ batch, files: orders }, marks, ctx, signal);
  if (answer === undefined)
    return { done: [], left: files.map((file) => ({ file, mayHaveGoneOut: false })) };
  const sorted = sort(files, known, answer, policy);
  await marks.takeBack(rowsNotSent(answer, marks), answer.changedHands);
  const { describing, done, left } = sorted;
  if (describing.length > 0) await describe(sorted, ctx, signal);
  if (done.length === 0) return { done, left };
  failpoint('sync: batch compared, not recorded');
  await books.recordAll(done.map(({ file, record }) => [file.entry.path, record] as const));
  return { done, left };
}

/** Undefined: nothing was begun. */
async function carryOut(
  order: Parameters<BatchEffects['send']>[0],
  marks: BatchMarks,
  { effects }: BatchContext,
  signal: AbortSignal,
): Promise<BatchAnswer | undefined> {
  try {
    return await effects.send(order, marks.mark, signal);
  } catch (error) {
    const nothingBegun = error instanceof NotBegunError;
    if (!signal.aborted) await marks.takeBack(order.files.keys(), !nothingBegun);
    if (nothingBegun) return undefined;
    throw error;
  }
}

/** States after which the object of a file need not be what it was, or has a new record. */
const MAY_BE_OTHER: ReadonlySet<FileAnswer['state'] | undefined> = new Set([
  'sent',
  'same',
  'unconfirmed',
  'conflict',
]);

/** Rows that were marked before anything was known of their content, and whose objects are what they were. */
function rowsNotSent({ files }: BatchAnswer, marks: BatchMarks): readonly number[] {
  return [...files.keys()].filter(
    (row) => marks.isBlind(row) && !MAY_BE_OTHER.has(files[row]?.state),
  );
}

async function describe<File extends BatchedFile>(
  { describing, done, left }: Sorted<File>,
  { store, policy, drain }: BatchContext,
  signal: AbortSignal,
): Promise<void> {
  const records = await renewMetadataOf(describing, store, policy, drain, signal);
  for (const [row, { file }] of describing.entries()) {
    const record = records[row];
    if (record === undefined) left.push({ file, mayHaveGoneOut: true });
    else done.push({ file, record, did: { job: 'refresh_metadata', why: 'metadata' } });
  }
}

function sort<File extends BatchedFile>(
  files: readonly File[],
  known: readonly (ObjectRecord | undefined)[],
  { files: answers, changedHands }: BatchAnswer,
  policy: Policy,
): Sorted<File> {
  const sorted: Sorted<File> = { describing: [], done: [], left: [] };
  for (const [row, file] of files.entries()) {
    const answer = answers[row];
    if (answer !== undefined && place(file, answer, known[row], policy, sorted)) continue;
    const state = answer?.state;
    const mayHaveGoneOut = changedHands || state === 'unconfirmed' || state === 'conflict';
    sorted.left.push({ file, mayHaveGoneOut });
  }
  return sorted;
}

/** False: the file needs a job of its own. */
function place<File extends BatchedFile>(
  file: File,
  answer: FileAnswer,
  known: ObjectRecord | undefined,
  policy: Policy,
  { describing, done }: Sorted<File>,
): boolean {
  if (answer.state === 'sent') {
    const { entry, confirmed, content, attributesDigest } = answer;
    const why = file.why === 'touched' ? 'changed' : file.why;
    const record = confirmedRecord(entry, confirmed, content, policy, attributesDigest);
    done.push({ file, record, did: { job: 'upload_object', why } });
    return true;
  }
  if (answer.state !== 'same' || known === undefined) return false;
  return placeSame({ file, entry: answer.entry, content: answer.content, known }, answer, policy, {
    describing,
    done,
  });
}

function placeSame<File extends BatchedFile>(
  touched: TouchedFile<File>,
  { attributesDigest }: SameFile,
  policy: Policy,
  { describing, done }: Pick<Sorted<File>, 'describing' | 'done'>,
): boolean {
  const { file, entry, known } = touched;
  const compared = compareTouched(touched, policy);
  // Read in another process: what the object is to get of them is not at hand here.
  const readElsewhere = needsAttributes(entry, policy);
  if (readElsewhere && (compared !== 'same' || attributesDigest !== known.attributesDigest))
    return false;
  if (compared === 'same')
    done.push({
      file,
      record: recordOfSame(touched),
      did: { job: 'refresh_metadata', why: 'same content' },
    });
  if (compared === 'metadata') describing.push(touched);
  return compared === 'same' || compared === 'metadata';
}
