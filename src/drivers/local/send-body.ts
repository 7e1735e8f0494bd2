import { untilAborted } from '../../signal.js';
import type { Body } from '../call.js';
import type { WireObject } from './object.js';
import type { PutOrder } from './protocol.js';
import { createSendFile } from './send-file.js';
import { checkLength, createSendStream } from './send-stream.js';
import type { FileThread } from './thread.js';

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
