import type { Backend } from '../../drivers/backend.js';
import type { BatchedObject, BatchPut, PutOutcome, QuickPut } from '../../drivers/capabilities.js';
import {
  ObjectDoesNotExistError,
  ObjectError,
  PreconditionFailedError,
  UnsupportedOperationError,
} from '../../drivers/errors.js';
import { OPEN_PASSAGE } from '../../drivers/passage.js';
import { failpoint } from '../../failpoint.js';
import type { CopySources } from './copy-sources.js';
import type { FileInBatch, ObjectStore, PutBatch, PutInBatch } from './object-store.js';
import type { PutDescriptions } from './put-options.js';

export interface PutBatchOptions {
  readonly backend: Pick<Backend, 'capabilities'>;
  readonly container: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  readonly descriptions: Pick<PutDescriptions, 'optionsFor'>;
  readonly putBytes: ObjectStore['putBytes'];
  readonly sources: Pick<CopySources, 'replaceEach'>;
}

/** Puts of a batch that are under way at once where each is a call; the target's own limit is in the layers. */
const AT_ONCE = 32;

/** With one call where the backend takes many objects at once, else with one for each. */
export function batchPuts(options: PutBatchOptions): PutBatch {
  const { batchPut, quickPut } = options.backend.capabilities;
  if (batchPut !== undefined) return together(options, batchPut);
  return quickPut === undefined ? eachByItself(options) : quickly(options, quickPut);
}

function eachByItself({ putBytes }: PutBatchOptions): PutBatch {
  return async (files, content, signal) => {
    const sent = new Array<PutInBatch>(files.length).fill(undefined);
    const rows = files.entries();
    let stopped = false;
    const send = async () => {
      for (const [row, file] of rows) {
        if (stopped) return;
        const { name, entry, md5, where } = file;
        const bytes = bytesOf(file, content);
        try {
          sent[row] = await putBytes(name, entry, { md5, bytes }, where, signal);
          failpoint('sync: batch sent in part');
        } catch (error) {
          if (isConflict(file, error)) sent[row] = 'conflict';
          stopped ||= !(error instanceof ObjectError);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, files.length) }, send));
    return sent;
  };
}

/** Whether another object is there than the file's condition says, or none. */
function isConflict({ where }: FileInBatch, error: unknown): boolean {
  if (where === 'anywhere') return false;
  return error instanceof PreconditionFailedError || error instanceof ObjectDoesNotExistError;
}

/**
 * What another try may store is sent once more, with a call of its own: that one has retries, mends what it can, and waits for
 * the copies of its object.
 */
function quickly(options: PutBatchOptions, quickPut: QuickPut): PutBatch {
  const { container, sources } = options;
  const sendAgain = eachByItself(options);
  return async (files, content, signal) => {
    const outcomes = new Array<PutOutcome | undefined>(files.length).fill(undefined);
    const names = files.map(({ name }) => name);
    await sources.replaceEach(names, async (isReplaced) => {
      const rows = [...files.keys()].filter(isReplaced);
      const objects = rowsOf(files, rows).map((file) => ({
        bytes: bytesOf(file, content),
        replaces: file.replaces,
        ...objectOf(file, options),
      }));
      const each = await quickPut.putEach(container, objects, OPEN_PASSAGE, { signal });
      for (const [at, row] of rows.entries()) outcomes[row] = each[at];
    });
    const sent = files.map((file, row) => answerTo(file, outcomes[row]));
    const again = [...files.keys()].filter((row) => isWorthAnotherTry(files[row], outcomes[row]));
    if (again.length === 0) return sent;
    const sentAgain = await sendAgain(rowsOf(files, again), content, signal);
    for (const [at, row] of again.entries()) sent[row] = sentAgain[at];
    return sent;
  };
}

function rowsOf(files: readonly FileInBatch[], rows: readonly number[]): readonly FileInBatch[] {
  return rows.flatMap((row) => files[row] ?? []);
}

/**
 * Not of an object that was refused for a reason that stays: its own job sees to it. Without a condition
 * that the provider does not know.
 */
function isWorthAnotherTry(
  file: FileInBatch | undefined,
  outcome: PutOutcome | undefined,
): boolean {
  if (outcome === undefined) return true;
  if ('stored' in outcome) return false;
  const { error } = outcome;
  if (error instanceof UnsupportedOperationError) return file?.where !== 'anywhere';
  return !(error instanceof ObjectError) || error.retry !== 'never';
}

function bytesOf({ entry, begin }: FileInBatch, content: SharedArrayBuffer): Uint8Array {
  return new Uint8Array(content, begin, entry.size);
}

function objectOf(
  { name, entry, md5, where }: FileInBatch,
  { prefix, descriptions }: PutBatchOptions,
): BatchedObject {
  const options = descriptions.optionsFor(name, entry, md5, where);
  return { key: prefix + name, size: entry.size, md5, options };
}

/** A store that takes many objects at once binds copies to their source: see CopySources. */
function together(options: PutBatchOptions, batchPut: BatchPut): PutBatch {
  const { container } = options;
  return async (files, content, signal) => {
    const sent: PutInBatch[] = [];
    for (const share of sharesOf(files, batchPut)) {
      const objects = share.map((file) => ({ begin: file.begin, ...objectOf(file, options) }));
      const outcomes = await batchPut.putObjects(container, objects, content, { signal });
      for (const [row, file] of share.entries()) sent.push(answerTo(file, outcomes[row]));
    }
    return sent;
  };
}

function answerTo(file: FileInBatch, outcome: PutOutcome | undefined): PutInBatch {
  if (outcome === undefined) return undefined;
  if ('error' in outcome) return isConflict(file, outcome.error) ? 'conflict' : undefined;
  if (outcome.stored.md5 !== file.md5) return undefined;
  const { md5, etag, versionId } = outcome.stored;
  return {
    md5,
    ...(etag === undefined ? {} : { etag }),
    ...(versionId === undefined ? {} : { versionId }),
  };
}

/** As many files at a time as one call may carry. */
function* sharesOf(
  files: readonly FileInBatch[],
  { maxObjects, maxBytes }: BatchPut,
): Generator<readonly FileInBatch[], void> {
  let share: FileInBatch[] = [];
  let bytes = 0;
  for (const file of files) {
    if (share.length === maxObjects || (share.length > 0 && bytes + file.entry.size > maxBytes)) {
      yield share;
      share = [];
      bytes = 0;
    }
    share.push(file);
    bytes += file.entry.size;
  }
  if (share.length > 0) yield share;
}
