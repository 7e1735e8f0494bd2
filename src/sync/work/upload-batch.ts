import type { ReplacedObject } from '../../drivers/capabilities.js';
import { failpoint } from '../../failpoint.js';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { Policy } from '../decide.js';
import { needsAttributes } from '../file-attributes.js';
import { type BatchContent, contentClassAt, FILE_READ, md5At } from '../source/batch-content.js';
import type { FileReader } from '../source/file-reader.js';
import type { ReadAttributes } from '../source/read-attributes.js';
import type { ObjectStore } from '../store/object-store.js';
import type { BatchedFile, UploadBatch } from '../upload-batch.js';
import type { Books, MarkedContent } from './books.js';
import { attributed } from './effects.js';
import { confirmedRecord } from './record-of.js';
import {
  compareTouched,
  recordOfSame,
  renewMetadataOf,
  type TouchedFile,
} from './touched-files.js';

/** What a batch works with. */
export interface BatchContext {
  readonly reader: Pick<FileReader, 'readAll'>;
  readonly store: Pick<ObjectStore, 'putAll' | 'copy' | 'fitAttributes'>;
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

/** A file on its way. `begin`: where in the batch's memory its content begins. */
interface Sending<File extends BatchedFile> {
  readonly name: ObjectName;
  readonly entry: BatchedFile['entry'];
  readonly file: File;
  readonly md5: string;
  readonly begin: number;
  readonly replaces: ReplacedObject;
  readonly content: MarkedContent;
  readonly known: ObjectRecord | undefined;
}

/** The files of a batch by what is to be done about them. */
interface Sorted<File extends BatchedFile> {
  readonly sending: Sending<File>[];
  /** The object has their content, and is to get their metadata. */
  readonly describing: TouchedFile<File>[];
  readonly done: DoneFile<File>[];
  readonly left: LeftFile<File>[];
}

/**
 * Uploads the files of a batch, or records that they are what was sent, with one message to the reader, two commits of the
 * index, and nothing awaited for a single file but its request where each is one. A file for which something does not go as
 * usual leaves the batch and gets a job of its own, which begins with the disk: the retries, the error classes, the guard
 * and the quarantine are there. Rejects when the index cannot be written or the target fails as a whole; each of the files
 * may then have been sent. `files`: those of the batch, in its order.
 */
export async function uploadBatch<File extends BatchedFile>(
  batch: UploadBatch,
  files: readonly File[],
  ctx: BatchContext,
  signal: AbortSignal,
): Promise<BatchResult<File>> {
  const read = await ctx.reader.readAll(batch);
  ctx.drain.throwIfAborted();
  const sorted = sort(files, read, ctx);
  const { sending, describing, done, left } = sorted;
  if (sending.length > 0) await send(sorted, read, ctx, signal);
  if (describing.length > 0) await describe(sorted, ctx, signal);
  if (done.length === 0) return { done, left };
  failpoint('sync: batch compared, not recorded');
  await ctx.books.recordAll(done.map(({ file, record }) => [file.entry.path, record] as const));
  return { done, left };
}

async function send<File extends BatchedFile>(
  { sending, done, left }: Sorted<File>,
  read: BatchContent,
  ctx: BatchContext,
  signal: AbortSignal,
): Promise<void> {
  await ctx.books.markAll(sending);
  failpoint('sync: batch marked, nothing sent');
  const confirmed = await ctx.store.putAll(sending, read.content, signal);
  failpoint('sync: batch sent, not recorded');
  for (const [row, { file, entry, content }] of sending.entries()) {
    const said = confirmed[row];
    const why = file.why === 'touched' ? 'changed' : file.why;
    if (said === undefined) left.push({ file, mayHaveGoneOut: true });
    else
      done.push({
        file,
        record: confirmedRecord(entry, said, content, ctx.policy),
        did: { job: 'upload_object', why },
      });
  }
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
  read: BatchContent,
  ctx: BatchContext,
): Sorted<File> {
  const sorted: Sorted<File> = { sending: [], describing: [], done: [], left: [] };
  let begin = 0;
  for (const [row, file] of files.entries()) {
    const isPlaced =
      read.states[row] === FILE_READ &&
      !ctx.needsJob(file) &&
      place(file, row, begin, read, ctx, sorted);
    if (!isPlaced) sorted.left.push({ file, mayHaveGoneOut: false });
    begin += file.entry.size;
  }
  return sorted;
}

/** False: the file needs a job of its own. */
function place<File extends BatchedFile>(
  file: File,
  row: number,
  begin: number,
  read: BatchContent,
  { index, policy, store }: BatchContext,
  { sending, describing, done }: Sorted<File>,
): boolean {
  const entry = describedEntry(file, read.attributes[row], policy, store);
  if (entry === undefined) return false;
  const md5 = md5At(read, row);
  const looks = contentClassAt(read, row);
  const content = { md5, looks, hashedAtMs: read.hashedAtMs[row] ?? 0 };
  const known = index.get(entry.path);
  if (file.why === 'touched') {
    if (known === undefined) return false;
    const touched = { file, entry, content, known };
    const compared = compareTouched(touched, policy);
    if (compared === 'same')
      done.push({
        file,
        record: recordOfSame(touched),
        did: { job: 'refresh_metadata', why: 'same content' },
      });
    if (compared === 'metadata') describing.push(touched);
    if (compared !== 'changed') return compared !== undefined;
  }
  if (!isSendable(file, known, looks)) return false;
  const replaces = replacedBy(file, known);
  sending.push({ name: entry.path, entry, file, md5, begin, replaces, content, known });
  return true;
}

/** An object whose ETag is the MD5 of its content was put whole. */
function replacedBy({ listed }: BatchedFile, known: ObjectRecord | undefined): ReplacedObject {
  if (known === undefined) return listed === 'absent' ? 'nothing' : 'unknown';
  const isWhole =
    known.state === 'confirmed' &&
    known.md5 !== '' &&
    known.etag?.replaceAll('"', '') === known.md5;
  return isWhole ? 'whole' : 'unknown';
}

/** With its attributes, where the mirror keeps any; undefined: some are skipped, which a job of its own reports. */
function describedEntry(
  { entry }: BatchedFile,
  read: ReadAttributes | undefined,
  policy: Policy,
  store: Pick<ObjectStore, 'fitAttributes'>,
): BatchedFile['entry'] | undefined {
  if (!needsAttributes(entry, policy)) return entry;
  const described = read && attributed(entry, read, store);
  return described?.skipped === undefined ? described?.entry : undefined;
}

function isSendable(
  { entry, why }: BatchedFile,
  known: ObjectRecord | undefined,
  looks: MarkedContent['looks'],
): boolean {
  if (known === undefined) return why === 'new';
  // Another job may have begun to send the file since it was found; the file may have taken the place of another one, which
  // may live on elsewhere; and the guard is asked about content that looks encrypted or wiped.
  if (known.state === 'sending' && why !== 'unconfirmed') return false;
  const isOther = known.inode !== entry.inode;
  return why !== 'new' && known.guarded === undefined && !isOther && looks === 'ordinary';
}
