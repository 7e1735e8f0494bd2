import { createHash } from 'node:crypto';
import type { Body } from '../call.js';
import type { StreamedBody } from './exchange.js';

export interface HashedBody {
  readonly body: StreamedBody;
  /** Hex MD5 of the bytes that went out last; undefined before all have. */
  sentMd5(): string | undefined;
}

/** A body that is hashed while it is sent. Each opening starts again from nothing. */
export function hashedBody(body: Body, size: number): HashedBody {
  let sent: string | undefined;
  async function* open(): AsyncGenerator<Uint8Array, void, undefined> {
    sent = undefined;
    const md5 = createHash('md5');
    for await (const chunk of body.open()) {
      md5.update(chunk);
      yield chunk;
    }
    sent = md5.digest('hex');
  }
  return { body: { size, open }, sentMd5: () => sent };
}
