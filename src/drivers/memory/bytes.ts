import { untilAborted } from '../../signal.js';
import type { Body, ByteRange, ObjectRef } from '../call.js';
import { ObjectError } from '../errors.js';
import { lengthWithin } from '../range.js';
import { MEMORY } from './store.js';

const CHUNK = 256 * 1024;

/** All of a body, as a copy that no other code can change. Rejects when it has other than `body.size` bytes. */
export async function readBody(
  { key }: ObjectRef,
  body: Body,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body.bytes ? [body.bytes] : untilAborted(body.open(), signal)) {
    chunks.push(Uint8Array.from(chunk));
    size += chunk.byteLength;
    if (body.size !== undefined && size > body.size) break;
  }
  signal.throwIfAborted();
  if (body.size !== undefined && size !== body.size) {
    const given = size > body.size ? 'more' : `only ${size}`;
    throw new ObjectError(
      key,
      `was not stored: its body was said to have ${body.size} bytes and gave ${given}`,
      { driver: MEMORY },
    );
  }
  return Buffer.concat(chunks, size);
}

/** The bytes of a range as copies: what a reader does to them does not reach the object. */
export async function* readBytes(
  bytes: Uint8Array,
  range: ByteRange | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const start = range?.start ?? 0;
  const end = start + lengthWithin(range ?? { start }, bytes.byteLength);
  for (let position = start; position < end; position += CHUNK) {
    signal.throwIfAborted();
    yield bytes.slice(position, Math.min(position + CHUNK, end));
  }
}
