import type { Body } from '../call.js';
import { crc32c } from '../crc32c.js';
import { exactly } from '../http/exact-body.js';
import { hexOfCrc32c } from './payload.js';

/** Google keeps whole multiples of this, and less only at the end of the object. */
export const QUANTUM = 256 * 1024;

/** One part on its way: the bytes before `from` are there already, those from `end` on wait for the end of the upload. */
export interface PartRead {
  /** The bytes from `from` to `end`. All of the part is read, for its checksum. */
  open(): AsyncIterable<Uint8Array>;
  /** Once all was read: what is behind `end`, and the hex CRC32C of the part. */
  rest(): { readonly tail: Buffer; readonly crc32c: string };
}

/** `from` and `end` count from the beginning of the part. */
export function readPart(body: Body, size: number, from: number, end: number): PartRead {
  let tail: Buffer[] = [];
  let crc = 0;
  async function* open(): AsyncGenerator<Uint8Array, void, undefined> {
    tail = [];
    crc = 0;
    let at = 0;
    for await (const chunk of exactly(size, body.open())) {
      crc = crc32c(chunk, crc);
      const sent = chunk.subarray(within(from - at, chunk), within(end - at, chunk));
      if (at + chunk.byteLength > end)
        tail.push(Buffer.from(chunk.subarray(within(end - at, chunk))));
      at += chunk.byteLength;
      if (sent.byteLength > 0) yield sent;
    }
  }
  return { open, rest: () => ({ tail: Buffer.concat(tail), crc32c: hexOfCrc32c(crc) }) };
}

function within(at: number, { byteLength }: Uint8Array): number {
  return Math.min(Math.max(at, 0), byteLength);
}
