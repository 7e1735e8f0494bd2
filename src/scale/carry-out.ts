import type { Clock } from '../clock.js';
import { withDeadline } from '../lease/with-deadline.js';
import type { ObjectName } from '../state/object-index.js';
import type { BatchReadBack } from '../sync/proof/batch-read-back.js';
import { type BatchContent, FILE_READ } from '../sync/source/batch-content.js';
import type { FileReader } from '../sync/source/file-reader.js';
import type { BatchEffects } from '../sync/work/batch-effects.js';
import { DamagedColumnsError } from './column-bytes.js';
import type { PackedJob } from './dispatcher.js';
import { packReadBackAnswer, unpackReadBackOrder } from './read-back-columns.js';
import { packSendAnswer } from './send-answer.js';
import { unpackSendOrder } from './send-order.js';

/** What a worker carries a mirror's jobs out with. */
export interface CarryOutContext {
  /** Of this process: see localBatchEffects. */
  readonly effects: BatchEffects;
  /** Whether longshore keeps something of its own at this name: no order is about it. */
  readonly isReserved: (name: ObjectName) => boolean;
  /** Of this process: see localReadBack. Missing: it reads nothing back. */
  readonly readBack?: BatchReadBack;
}

/**
 * Does a job, and resolves with the payload of its answer. Safe to do twice.
 *
 * @throws DamagedColumnsError, before anything was begun: the job is none. Rejects as the effects do.
 */
export async function carryOut(
  { kind, payload }: Pick<PackedJob, 'kind' | 'payload'>,
  context: CarryOutContext,
  signal: AbortSignal,
): Promise<string> {
  switch (kind) {
    case 'send':
      return send(payload, context, signal);
    case 'verify':
      if (context.readBack !== undefined) return readBack(payload, context.readBack, signal);
  }
  throw new DamagedColumnsError(`no job of kind ${kind} is done here`);
}

async function readBack(
  payload: string,
  effects: BatchReadBack,
  signal: AbortSignal,
): Promise<string> {
  const proven = await effects.readBack(unpackReadBackOrder(payload), signal);
  return packReadBackAnswer(payload, proven);
}

async function send(
  payload: string,
  { effects, isReserved }: CarryOutContext,
  signal: AbortSignal,
): Promise<string> {
  const order = unpackSendOrder(payload);
  if (order.files.some(({ entry }) => isReserved(entry.path)))
    throw new DamagedColumnsError('a name is reserved');
  // The coordinator has committed the marks before it gave the order.
  const { files } = await effects.send(order, async () => {}, signal);
  return packSendAnswer(payload, files);
}

/** Most files of a batch are not here, or are others: this is another source than that of the order. Nothing was sent. */
export class SourceDiffersError extends Error {
  override readonly name = 'SourceDiffersError';
}

/** The file system of the source does not answer, as that of a file server that is away. Nothing was sent. */
export class SourceSilentError extends Error {
  override readonly name = 'SourceSilentError';
}

/** A source that answers at all has the small files of a batch read by then, however slow it is. Milliseconds. */
const READ_WITHIN_MS = 120_000;

/**
 * The same reader for a source that may be another one than the coordinator's, or not be mounted, or not answer. `interrupt`:
 * what is being read is not waited for any more.
 */
export function readingSameSource(
  reader: Pick<FileReader, 'readAll'>,
  { clock, interrupt }: { readonly clock: Clock; readonly interrupt: AbortSignal },
): Pick<FileReader, 'readAll'> {
  const silent = () =>
    new SourceSilentError(
      `its files were not read within ${READ_WITHIN_MS / 1_000} s: does the file server of the source answer?`,
    );
  return {
    async readAll(batch): Promise<BatchContent> {
      const read = () => reader.readAll(batch);
      const content = await withDeadline(clock, READ_WITHIN_MS, interrupt, read, silent);
      const { states } = content;
      const others = states.filter((state) => state !== FILE_READ).length;
      if (2 * others > states.length)
        throw new SourceDiffersError(
          `${others} of ${states.length} files are missing here, or have other sizes, times or inodes`,
        );
      return content;
    },
  };
}
