import { systemClock } from '../../clock.js';
import { NEVER_ABORTED, untilAborted } from '../../signal.js';
import type { Body, BodyFile } from '../call.js';
import { ObjectError } from '../errors.js';
import { openGate } from '../gate.js';
import { toStorageError } from './failure.js';
import type { WireObject } from './object.js';
import type { PutOrder } from './protocol.js';
import type { FileThread } from './thread.js';
import type { TransferAnswer } from './transfer-file.js';
import { createTransferThreads } from './transfer-threads.js';

/** A body that fits here goes in one piece, with others of the same turn. */
const SMALL_BODY_BYTES = 1024 * 1024;

export interface SendBody {
  send(order: PutOrder, body: Body, signal: AbortSignal): Promise<WireObject>;
  close(): void;
}

/** Takes a body to the files by the cheapest way that it can go: in one piece, as a file, or as a stream. */
export function createSendBody(thread: FileThread): SendBody {
  const sendStream = createSendStream(thread);
  const files = createSendFile(thread);
  return {
    async send(order, body, signal) {
      if (isSmall(body))
        return thread.ask('putBytes', order, signal, await readSmallBody(order.key, body, signal));
      return body.file === undefined
        ? sendStream(order, body, signal)
        : files.send(order, body.file, signal);
    },
    close: () => files.close(),
  };
}

type SmallBody = Body & { readonly size: number };

function isSmall(body: Body): body is SmallBody {
  return body.size !== undefined && body.size <= SMALL_BODY_BYTES;
}

/** The whole of a body that says it is small. Rejects when it has other than `body.size` bytes. */
async function readSmallBody(
  key: string,
  body: SmallBody,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (body.bytes !== undefined) {
    checkLength(key, body.bytes.length, body.size);
    return body.bytes;
  }
  const bytes = new Uint8Array(body.size);
  let length = 0;
  for await (const chunk of untilAborted(body.open(), signal)) {
    if (length + chunk.length > body.size) checkLength(key, length + chunk.length, body.size);
    bytes.set(chunk, length);
    length += chunk.length;
  }
  checkLength(key, length, body.size);
  return bytes;
}

/** What one write carries, and what one body may hold in memory twice. */
const CHUNK_BYTES = 1024 * 1024;

/** Bodies that are sent at once; further ones wait. The disk is one, and each body holds two chunks of memory. */
const STREAMS_AT_ONCE = 16;

type SendStream = (order: PutOrder, body: Body, signal: AbortSignal) => Promise<WireObject>;

/** Sends a body of any length, with two chunks of it in memory: one is filled while the other is written and hashed. */
function createSendStream(thread: FileThread): SendStream {
  const gate = openGate(systemClock, STREAMS_AT_ONCE);
  let uploads = 0;

  async function send(order: PutOrder, body: Body, signal: AbortSignal): Promise<WireObject> {
    uploads += 1;
    const upload = uploads;
    try {
      await thread.ask('beginUpload', { upload, order }, signal);
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

function checkLength(key: string, length: number, size: number | undefined): void {
  if (size === undefined || length === size) return;
  const given = length > size ? 'more' : `only ${length}`;
  throw new ObjectError(
    key,
    `was not stored: its body was said to have ${size} bytes and gave ${given}`,
    { driver: 'local' },
  );
}

interface SendFile {
  send(order: PutOrder, file: BodyFile, signal: AbortSignal): Promise<WireObject>;
  close(): void;
}

/** Stores large files, which threads of their own read and hash once: not a byte passes through this thread. */
function createSendFile(thread: FileThread): SendFile {
  const threads = createTransferThreads();
  let files = 0;

  return {
    async send(order, body, signal) {
      files += 1;
      const file = files;
      try {
        const target = await thread.ask('beginFile', { file, order }, signal);
        const { key, attributes, checksums } = order;
        const { path, version, follow } = body;
        const transfer = { key, source: { path, version, follow }, target, attributes, checksums };
        const answer = await threads.transfer(transfer, signal);
        if (answer.outcome !== 'written') throw errorOf(answer, key, body, signal);
        const { inode, md5 } = answer;
        body.onRead(version.size, md5);
        await body.beforeStored();
        return await thread.ask('finishFile', { file, inode, md5 }, signal);
      } catch (error) {
        // What went wrong first is what counts; the thread's end removes the temporary file as well.
        await thread.ask('dropFile', { file }, NEVER_ABORTED).catch(() => undefined);
        throw error;
      }
    },
    close: () => threads.close(),
  };
}

function errorOf(
  answer: Exclude<TransferAnswer, { readonly outcome: 'written' }>,
  key: string,
  file: BodyFile,
  signal: AbortSignal,
): unknown {
  switch (answer.outcome) {
    case 'changed':
      return file.changed();
    case 'unreadable':
      return Object.assign(new Error(answer.error.message), answer.error);
    case 'failed':
      return toStorageError(answer.failure, key);
    case 'stopped':
      return signal.reason;
  }
}
