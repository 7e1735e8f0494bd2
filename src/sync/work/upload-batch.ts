import { failpoint } from '../../failpoint.js';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { Policy } from '../decide.js';
import { type BatchContent, contentClassAt, FILE_READ, md5At } from '../source/batch-content.js';
import type { FileReader } from '../source/file-reader.js';
import type { ObjectStore } from '../store/object-store.js';
import type { BatchedFile, UploadBatch } from '../upload-batch.js';
import type { Books, MarkedContent } from './books.js';
import { confirmedRecord } from './record-of.js';

/** What a batch works with. */
export interface BatchContext {
  readonly reader: Pick<FileReader, 'readAll'>;
  readonly store: Pick<ObjectStore, 'putAll'>;
  readonly books: Pick<Books, 'markAll' | 'recordAll'>;
  readonly index: Pick<ObjectIndex, 'get'>;
  readonly policy: Policy;
  /** Whether something has to be seen to, or waited for, before this file is sent: a job of its own does that. */
  needsJob(file: BatchedFile): boolean;
  /** Aborted: nothing new is begun. */
  readonly drain: AbortSignal;
}

export interface BatchResult<File extends BatchedFile> {
  /** Confirmed and recorded. */
  readonly done: readonly UploadedFile<File>[];
  readonly left: readonly LeftFile<File>[];
}

export interface UploadedFile<File extends BatchedFile> {
  readonly file: File;
  readonly record: ObjectRecord;
}

/** A file that needs a job of its own. `mayHaveGoneOut`: bytes may have, so the object must be looked at first. */
export interface LeftFile<File extends BatchedFile> {
  readonly file: File;
  readonly mayHaveGoneOut: boolean;
}

/** A file on its way. `begin`: where in the batch's memory its content begins. */
interface Sending<File extends BatchedFile> {
  readonly name: ObjectName;
  readonly entry: BatchedFile['entry'];
  readonly file: File;
  readonly md5: string;
  readonly begin: number;
  readonly content: MarkedContent;
}

/**
 * Uploads the files of a batch, with one message to the reader, two commits of the index, and nothing awaited for a single
 * file but its request where each is one. A file for which something does not go as usual leaves the batch and gets a job of
 * its own, which begins with the disk: the retries, the error classes, the guard and the quarantine are there. Rejects when
 * the index cannot be written or the target fails as a whole; each of the files may then have been sent. `files`: those of
 * the batch, in its order.
 */
export async function uploadBatch<File extends BatchedFile>(
  batch: UploadBatch,
  files: readonly File[],
  ctx: BatchContext,
  signal: AbortSignal,
): Promise<BatchResult<File>> {
  const read = await ctx.reader.readAll(batch);
  ctx.drain.throwIfAborted();
  const { sending, left } = sort(files, read, ctx);
  if (sending.length === 0) return { done: [], left };
  await ctx.books.markAll(sending);
  failpoint('sync: batch marked, nothing sent');
  const confirmed = await ctx.store.putAll(sending, read.content, signal);
  failpoint('sync: batch sent, not recorded');

  const done: UploadedFile<File>[] = [];
  for (const [row, { file, content }] of sending.entries()) {
    const said = confirmed[row];
    if (said === undefined) left.push({ file, mayHaveGoneOut: true });
    else done.push({ file, record: confirmedRecord(file.entry, said, content, ctx.policy) });
  }
  await ctx.books.recordAll(done.map(({ file, record }) => [file.entry.path, record] as const));
  return { done, left };
}

/** Which files are sent, and which are left to jobs of their own. */
function sort<File extends BatchedFile>(
  files: readonly File[],
  read: BatchContent,
  ctx: BatchContext,
) {
  const sending: Sending<File>[] = [];
  const left: LeftFile<File>[] = [];
  let begin = 0;
  for (const [row, file] of files.entries()) {
    const { entry } = file;
    const looks = contentClassAt(read, row);
    if (read.states[row] === FILE_READ && isSendable(file, looks, ctx)) {
      const md5 = md5At(read, row);
      const content = { md5, looks, hashedAtMs: read.hashedAtMs[row] ?? 0 };
      sending.push({ name: entry.path, entry, file, md5, begin, content });
    } else left.push({ file, mayHaveGoneOut: false });
    begin += entry.size;
  }
  return { sending, left };
}

function isSendable(
  file: BatchedFile,
  looks: MarkedContent['looks'],
  { index, needsJob }: BatchContext,
): boolean {
  if (needsJob(file)) return false;
  const known = index.get(file.entry.path);
  if (known === undefined) return file.why === 'new';
  // Another job may have sent the file since it was found; the file may have taken the place of another one, which may live
  // on elsewhere; and the guard is asked about content that looks encrypted or wiped.
  const isOther = known.state === 'confirmed' && known.inode !== file.entry.inode;
  return file.why !== 'new' && known.guarded === undefined && !isOther && looks === 'ordinary';
}
