import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpFault } from './scripted-faults.js';

const GONE = 'the client went away';

/**
 * A request's body; undefined when `stopAfter` bytes of it have come. Rejects when the client has gone: on a busy machine it
 * may have done so, and have asked for something else, before its connection was even accepted. The stream is left unchanged:
 * iterating would close the connection in its own way.
 */
export function readBody(
  message: IncomingMessage,
  stopAfter: number | undefined,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  let ended = false;
  return new Promise((resolve, reject) => {
    message.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (stopAfter !== undefined && size >= stopAfter) resolve(undefined);
    });
    message.on('end', () => {
      ended = true;
      // That it has gone is read in the turn after its last byte.
      setImmediate(() =>
        setImmediate(() => {
          if (message.socket.destroyed || message.socket.readableEnded) reject(new Error(GONE));
          else resolve(stopAfter === undefined ? Buffer.concat(chunks) : undefined);
        }),
      );
    });
    message.on('error', reject);
    message.on('close', () => {
      if (!ended) reject(new Error(GONE));
    });
  });
}

/** Sends the beginning of a body, after headers that promise all of it. */
export function breakOff(
  response: ServerResponse,
  body: Buffer,
  { kind, afterBytes }: Extract<HttpFault, { readonly kind: 'stall-body' | 'truncate' }>,
): void {
  response.flushHeaders();
  response.write(body.subarray(0, afterBytes), () => {
    if (kind === 'truncate') response.socket?.resetAndDestroy();
  });
}
