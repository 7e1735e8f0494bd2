import { hash } from 'node:crypto';
import type { Body, Call, Checksum } from '../call.js';
import { findChecksum } from '../digest.js';
import { ObjectError, ObjectHashMismatchError, UnsupportedOperationError } from '../errors.js';
import { digestFirst } from '../http/digest-first.js';
import { BodySizeError } from '../http/exact-body.js';
import type { HttpBody } from '../http/exchange.js';
import { hashedBody } from '../http/hashed-body.js';
import { fromSource } from '../http/refusal.js';
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

/**
 * A body of unknown size rejects with UnsupportedOperationError before it is opened. `readFirst`: a stream is read once more
 * before it is sent, if it can be: Swift compares no checksum that follows the content, so nothing else makes it refuse bytes
 * that changed on their way.
 */
export async function preparePayload(
  key: string,
  body: Body,
  known: readonly Checksum[],
  readFirst: boolean,
  call: Call,
): Promise<Payload> {
  const { size, bytes, replayable } = body;
  if (size === undefined)
    throw new UnsupportedOperationError(
      `"${key}" cannot be put as a stream of unknown length; send it in parts`,
      { driver: SWIFT },
    );
  let given = findChecksum(known, 'md5')?.hex;
  if (bytes !== undefined) {
    if (bytes.byteLength !== size)
      throw fromSource(key, new BodySizeError(size, bytes.byteLength), SWIFT);
    const md5 = given ?? hash('md5', bytes, 'hex');
    return { size, body: bytes, replayable: true, headers: { etag: md5 }, sentMd5: () => md5 };
  }
  if (given === undefined && readFirst && replayable)
    [given] = await digestFirst(body, size, ['md5'], call).catch((error: unknown) => {
      throw fromSource(key, error, SWIFT);
    });
  const md5 = given;
  if (md5 !== undefined)
    return {
      size,
      body: { size, open: () => body.open() },
      replayable,
      headers: { etag: md5 },
      sentMd5: () => md5,
    };
  return { size, replayable, headers: {}, ...hashedBody(body, size) };
}

/** The MD5 that the provider's ETag confirms; rejects when it is another one than that of the bytes sent, or missing. */
export function confirmedMd5(
  key: string,
  etag: string | undefined,
  sent: string | undefined,
): string {
  const reported = /^"?([0-9a-f]{32})"?$/i.exec(etag ?? '')?.[1]?.toLowerCase();
  if (reported === undefined || sent === undefined)
    throw new ObjectError(key, 'was answered without the MD5 of what was stored', {
      driver: SWIFT,
      retry: 'backoff',
    });
  if (reported !== sent) throw new ObjectHashMismatchError(key, sent, reported, { driver: SWIFT });
  return sent;
}
