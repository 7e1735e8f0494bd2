import type { Clock } from '../clock.js';
import type { UploadBatch } from '../sync/upload-batch.js';
import {
  type BatchAnswer,
  type BatchOrder,
  type FileAnswer,
  type FileToMark,
  type MarkFiles,
  NotBegunError,
  type RemoteBatchEffects,
} from '../sync/work/batch-effects.js';
import { believe } from './believe.js';
import {
  type DispatchedAnswer,
  type Dispatcher,
  JobRefusedError,
  QueueAwayError,
} from './dispatcher.js';
import { unpackSendAnswer } from './send-answer.js';
import { fitsOrder, type PlainOrder, packSendOrder, withoutIdleRows } from './send-order.js';
import type { WorkerAnswers } from './worker-answers.js';

export interface RemoteEffectsOptions {
  readonly dispatcher: Dispatcher;
  readonly clock: Pick<Clock, 'now'>;
  readonly answers: WorkerAnswers;
}

/**
 * The effects of each mirror, by its name, that are carried out by the workers of one dispatcher.
 *
 * `send` rejects with QueueAwayError and JobRefusedError (NotBegunError when they say so), and with DamagedColumnsError for an
 * answer that cannot be one to its order.
 */
export function openRemoteEffects({
  dispatcher,
  clock,
  answers,
}: RemoteEffectsOptions): (mirror: string) => RemoteBatchEffects {
  /** Jobs that the dispatcher does not know of yet: their marks are being written. */
  let preparing = 0;

  async function dispatch(
    mirror: string,
    order: PlainOrder,
    mark: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ readonly payload: string; readonly answer: DispatchedAnswer }> {
    let running: Promise<DispatchedAnswer>;
    let payload: string;
    preparing += 1;
    try {
      await mark();
      payload = packSendOrder(order);
      running = dispatcher.run({ kind: 'send', mirror, payload }, signal);
    } finally {
      preparing -= 1;
    }
    return { payload, answer: await running };
  }

  return (mirror) => ({
    takes: (batch: UploadBatch) =>
      dispatcher.freePlaces(mirror, 'send') > preparing && fitsOrder(batch),
    mayTake: async (batch, ms, signal) =>
      fitsOrder(batch) && dispatcher.awaitPlace(mirror, ms, signal),
    async send(order, mark, signal) {
      const packed = withoutIdleRows(order);
      if (packed === undefined) return { files: order.files.map(() => LEFT), changedHands: false };
      // Earlier than any reading, whatever the clocks of the workers say: see hashedAtMs of a record.
      const hashedAtMs = clock.now();
      const marked = async () => markAll(packed, hashedAtMs, mark);
      try {
        const { payload, answer } = await dispatch(mirror, packed.order, marked, signal);
        const files = believe({ kind: 'send', mirror }, answer, answers, (answered) =>
          unpackSendAnswer(answered, payload, packed.order, hashedAtMs),
        );
        answers.conflicted(files.filter(({ state }) => state === 'conflict').length);
        return answerOf(order, packed.rows, files, answer.changedHands);
      } catch (error) {
        if (isOfNothingBegun(error)) throw new NotBegunError(error.message, { cause: error });
        throw error;
      }
    },
  });
}

function isOfNothingBegun(error: unknown): error is Error {
  const isOfQueue = error instanceof JobRefusedError || error instanceof QueueAwayError;
  return isOfQueue && error.nothingBegun;
}

const LEFT = { state: 'left' } as const;

async function markAll(
  { order, rows }: { readonly order: PlainOrder; readonly rows: readonly number[] },
  hashedAtMs: number,
  mark: MarkFiles,
): Promise<void> {
  const content = { md5: undefined, looks: 'ordinary', hashedAtMs } as const;
  const files: FileToMark[] = [];
  for (const [at, { entry, sends }] of order.files.entries()) {
    const row = rows[at];
    if (sends !== 'none' && row !== undefined) files.push({ row, entry, content });
  }
  if (files.length > 0) await mark(files);
}

/** The answer to the rows of the whole batch. */
function answerOf(
  { files }: BatchOrder,
  rows: readonly number[],
  answers: readonly FileAnswer[],
  changedHands: boolean,
): BatchAnswer {
  const all: FileAnswer[] = files.map(() => LEFT);
  for (const [at, row] of rows.entries()) all[row] = answers[at] ?? LEFT;
  return { files: all, changedHands };
}
