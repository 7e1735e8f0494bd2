import { systemClock } from '../../clock.js';
import { NEVER_ABORTED, untilAborted } from '../../signal.js';
import type { Body } from '../call.js';
import { ObjectError } from '../errors.js';
import { openGate } from '../gate.js';
import type { WireObject } from './object.js';
import type { PutOrder } from './protocol.js';
import type { FileThread } from './thread.js';

/** What one write carries, and what one body may hold in memory twice. */
const CHUNK_BYTES = 1024 * 1024;

/** Bodies that are sent at once; further ones wait. The disk is one, and each body holds two chunks of memory. */
const STREAMS_AT_ONCE = 16;

export type SendStream = (order: PutOrder, body: Body, signal: AbortSignal) => Promise<WireObject>;

/** Sends a body of any length, with two chunks of it in memory: one is filled while the other is written and hashed. */
export function createSendStream(thread: FileThread): SendStream {
  const gate = openGate(systemClock, STREAMS_AT_ONCE);
  let uploads = 0;

  async function send(order: PutOrder, body: Body, signal: AbortSignal): Promise<WireObject> {
    uploads += 1;
    const upload = uploads;
    await thread.ask('beginUpload', { upload, order }, signal);
    try {
      const length = await sendChunks(thread, upload, order.key, body, signal);
      checkLength(order.key, length, body.size);
      return await thread.ask('finishUpload', { upload }, signal);
    } catch (error) {
      // What went wrong first is what counts; the thread's end removes the temporary file as well.
      await thread.ask('dropUpload', { upload }, NEVER_ABORTED).catch(() => undefined);
      throw error;
    }
  }

  return async (order, body, signal) => {
    const release = await gate.enter(signal);
    try {
      return await send(order, body, signal);
    } finally {
      release();
    }
  };
}

async function sendChunks(
  thread: FileThread,
  upload: number,
  key: string,
  body: Body,
  signal: AbortSignal,
): Promise<number> {
  let memory = new ArrayBuffer(CHUNK_BYTES);
  let filled = 0;
  let total = 0;
  let inWork: Promise<ArrayBuffer> = Promise.resolve(new ArrayBuffer(CHUNK_BYTES));

  async function send(): Promise<void> {
    const free = await inWork;
    inWork = thread.ask('uploadChunk', { upload, memory, length: filled }, signal);
    inWork.catch(() => undefined); // awaited before the next chunk, or at the end
    memory = free;
    filled = 0;
  }

  for await (const chunk of untilAborted(body.open(), signal)) {
    total += chunk.length;
    if (body.size !== undefined && total > body.size) checkLength(key, total, body.size);
    for (let taken = 0; taken < chunk.length; ) {
      const part = chunk.subarray(taken, taken + CHUNK_BYTES - filled);
      new Uint8Array(memory).set(part, filled);
      taken += part.length;
      filled += part.length;
      if (filled === CHUNK_BYTES) await send();
    }
  }
  if (filled > 0) await send();
  await inWork;
  return total;
}

export function checkLength(key: string, length: number, size: number | undefined): void {
  if (size === undefined || length === size) return;
  const given = length > size ? 'more' : `only ${length}`;
  throw new ObjectError(
    key,
    `was not stored: its body was said to have ${size} bytes and gave ${given}`,
    { driver: 'local' },
  );
}
