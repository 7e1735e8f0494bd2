import { failpoint } from '../../failpoint.js';
import type { LocalEntry } from '../../watcher/entry.js';
import { type AttributePolicy, needsAttributes } from '../file-attributes.js';
import {
  type BatchContent,
  contentClassAt,
  FILE_READ,
  FILE_UNREADABLE,
  md5sOf,
} from '../source/batch-content.js';
import type { FileReader } from '../source/file-reader.js';
import type { ReadAttributes } from '../source/read-attributes.js';
import type { FileInBatch, ObjectStore, PutInBatch } from '../store/object-store.js';
import type {
  BatchAnswer,
  BatchEffects,
  BatchOrder,
  FileAnswer,
  FileOrder,
  FileToMark,
  UnsentFile,
} from './batch-effects.js';
import { attributed } from './effects.js';

export interface LocalBatchOptions {
  readonly reader: Pick<FileReader, 'readAll' | 'release'>;
  readonly store: Pick<ObjectStore, 'putAll' | 'freesContent' | 'fitAttributes'>;
  readonly policy: AttributePolicy;
  /** Aborted: nothing is sent of what has not been marked yet. */
  readonly drain: AbortSignal;
  /**
   * Sends each file under the condition of its order, where the provider knows it. Default: without. The mirror's own process is
   * under a lease and has one job for each name, and its condition would cost a job of its own for each object that others have
   * changed.
   */
  readonly conditional?: true;
}

/** A file on its way. */
interface Sending extends FileInBatch, FileToMark {
  readonly content: FileToMark['content'] & { readonly md5: string };
}

const LEFT: UnsentFile = { state: 'left' };
const CHANGED: UnsentFile = { state: 'changed' };
const UNREADABLE: UnsentFile = { state: 'unreadable' };
const ATTRIBUTES: UnsentFile = { state: 'attributes' };
const OTHER: UnsentFile = { state: 'other' };
const UNCONFIRMED: UnsentFile = { state: 'unconfirmed' };
const CONFLICT: UnsentFile = { state: 'conflict' };

/**
 * BatchEffects in this process: one message to the reader, and nothing awaited for a single file but its request where each is
 * one.
 */
export function localBatchEffects(options: LocalBatchOptions): BatchEffects {
  const { reader, store, drain } = options;

  async function send(
    { batch, files }: BatchOrder,
    mark: Parameters<BatchEffects['send']>[1],
    signal: AbortSignal,
  ): Promise<BatchAnswer> {
    const read = await reader.readAll(batch);
    drain.throwIfAborted();
    const sending: Sending[] = [];
    const answers = answersTo(files, batch.sizes, read, sending, options);
    if (sending.length === 0) return { files: answers, changedHands: false };
    await mark(sending);
    failpoint('sync: batch marked, nothing sent');
    const confirmed = await store.putAll(sending, read.content, signal);
    if (store.freesContent) reader.release(read);
    failpoint('sync: batch sent, not recorded');
    for (const [at, file] of sending.entries()) answers[file.row] = answerBy(file, confirmed[at]);
    return { files: answers, changedHands: false };
  }

  return { send };
}

function answerBy({ entry, content }: Sending, put: PutInBatch): FileAnswer {
  if (put === undefined) return UNCONFIRMED;
  return put === 'conflict' ? CONFLICT : { state: 'sent', entry, content, confirmed: put };
}

/** Adds to `sending` what is to be sent, whose answers come later. */
function answersTo(
  files: BatchOrder['files'],
  sizes: Float64Array,
  read: BatchContent,
  sending: Sending[],
  options: LocalBatchOptions,
): FileAnswer[] {
  let begin = 0;
  const md5Of = md5sOf(read);
  return files.map((file, row) => {
    const at = { row, begin, md5: md5Of(row) };
    const answer = file === undefined ? LEFT : answerTo(file, at, read, options);
    begin += sizes[row] ?? 0;
    if (!('begin' in answer)) return answer;
    sending.push(answer);
    return UNCONFIRMED;
  });
}

function answerTo(
  { entry: found, sends, recorded, replaces, where: expected }: FileOrder,
  { row, begin, md5 }: Pick<Sending, 'row' | 'begin' | 'md5'>,
  read: BatchContent,
  { policy, store, conditional }: LocalBatchOptions,
): FileAnswer | Sending {
  const state = read.states[row];
  if (state !== FILE_READ) return state === FILE_UNREADABLE ? UNREADABLE : CHANGED;
  const entry = describedEntry(found, read.attributes[row], policy, store);
  if (entry === undefined) return ATTRIBUTES;
  const looks = contentClassAt(read, row);
  const content = { md5, looks, hashedAtMs: read.hashedAtMs[row] ?? 0 };
  if (md5 === recorded) return { state: 'same', entry, content };
  if (sends === 'none' || (sends === 'ordinary' && looks !== 'ordinary')) return OTHER;
  const where = conditional === true ? expected : 'anywhere';
  return { row, name: entry.path, entry, md5, begin, replaces, where, content };
}

/** With its attributes, where the mirror keeps any; undefined: some are skipped, which a job of its own reports. */
function describedEntry(
  entry: LocalEntry,
  read: ReadAttributes | undefined,
  policy: AttributePolicy,
  store: Pick<ObjectStore, 'fitAttributes'>,
): LocalEntry | undefined {
  if (!needsAttributes(entry, policy)) return entry;
  const described = read && attributed(entry, read, store);
  return described?.skipped === undefined ? described?.entry : undefined;
}
