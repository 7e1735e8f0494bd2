import type { ObjectName } from '../state/object-index.js';
import type { BatchReadBack } from '../sync/proof/batch-read-back.js';
import type { BatchEffects } from '../sync/work/batch-effects.js';
import type { PartsEffects } from '../sync/work/parts-effects.js';
import { DamagedColumnsError } from './column-bytes.js';
import type { PackedJob } from './dispatcher.js';
import { packPartsAnswer, unpackPartsOrder } from './parts-columns.js';
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
  /** Of this process: see localPartsEffects. Missing: it sends no parts. */
  readonly parts?: PartsEffects;
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
      break;
    case 'parts':
      if (context.parts !== undefined) return sendParts(payload, context.parts, context, signal);
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

async function sendParts(
  payload: string,
  parts: PartsEffects,
  { isReserved }: Pick<CarryOutContext, 'isReserved'>,
  signal: AbortSignal,
): Promise<string> {
  const order = unpackPartsOrder(payload);
  if (isReserved(order.name)) throw new DamagedColumnsError('a name is reserved');
  return packPartsAnswer(payload, await parts.send(order, signal));
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
