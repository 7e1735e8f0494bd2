import { createHash, hash } from 'node:crypto';
import type { Body, Checksum } from '../call.js';
import { findChecksum } from '../digest.js';
import { ObjectError, ObjectHashMismatchError, UnsupportedOperationError } from '../errors.js';
import { BodySizeError } from '../http/exact-body.js';
import type { HttpBody } from '../http/exchange.js';
import { SWIFT } from './errors.js';

/** A body made ready for one request. */
export interface Payload {
  readonly size: number;
  readonly body: HttpBody;
  readonly replayable: boolean;
  /** `etag` is the content's MD5, so that Swift itself refuses other bytes with 422. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hex MD5 of the bytes that went out last; undefined before all have. */
  sentMd5(): string | undefined;
}

/** A body of unknown size rejects with UnsupportedOperationError before it is opened. */
export function preparePayload(key: string, body: Body, known: readonly Checksum[] = []): Payload {
  const { size, bytes, replayable } = body;
  if (size === undefined)
    throw new UnsupportedOperationError(`"${key}" cannot be put as a stream of unknown length; send it in parts`, { driver: SWIFT });
  const given = findChecksum(known, 'md5')?.hex;
  if (bytes !== undefined) {
    if (bytes.byteLength !== size) throw sourceError(key, new BodySizeError(size, bytes.byteLength));
    const md5 = given ?? hash('md5', bytes, 'hex');
    return { size, body: bytes, replayable: true, headers: { etag: md5 }, sentMd5: () => md5 };
  }
  if (given !== undefined)
    return { size, body: { size, open: () => body.open() }, replayable, headers: { etag: given }, sentMd5: () => given };
  return { size, replayable, headers: {}, ...hashedBody(body, size) };
}

function hashedBody(body: Body, size: number): Pick<Payload, 'body' | 'sentMd5'> {
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

/** The MD5 that the provider's ETag confirms; rejects when it is another one than that of the bytes sent, or missing. */
export function confirmedMd5(key: string, etag: string | undefined, payload: Payload): string {
  const told = /^"?([0-9a-f]{32})"?$/i.exec(etag ?? '')?.[1]?.toLowerCase();
  const sent = payload.sentMd5();
  if (told === undefined || sent === undefined)
    throw new ObjectError(key, 'was answered without the MD5 of what was stored', { driver: SWIFT, retry: 'backoff' });
  if (told !== sent) throw new ObjectHashMismatchError(key, sent, told, { driver: SWIFT });
  return sent;
}

/** A source that gave another number of bytes than it promised, as an error about its object. */
export function sourceError(key: string, error: unknown): unknown {
  return error instanceof BodySizeError ? new ObjectError(key, `was not stored: ${error.message}`, { driver: SWIFT, cause: error }) : error;
}
