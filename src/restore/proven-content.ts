import type { ObjectInfo } from '../drivers/call.js';
import { type ContentProof, openContentCheck } from '../sync/store/content-proof.js';
import { type Read, steadyRead } from '../sync/store/steady-read.js';
import type { RestoreContext } from './restore-context.js';

/** The bytes of an object, which are compared on the way with what they should be. Rejects after the last when they are not that. */
export async function* provenContent(
  { backend, clock, onBytes }: Pick<RestoreContext, 'backend' | 'clock' | 'onBytes'>,
  read: Read,
  info: ObjectInfo,
  proof: ContentProof | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const check = openContentCheck(backend, info, proof);
  const source = proof === undefined ? await read(undefined) : steadyRead(read, clock, signal);
  let received = 0;
  for await (const chunk of source) {
    signal.throwIfAborted();
    received += chunk.byteLength;
    check.update(chunk);
    onBytes(chunk.byteLength);
    if (received > info.size) break; // `finish` says so
    yield chunk;
  }
  check.finish();
}
