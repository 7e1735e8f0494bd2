import { hash } from 'node:crypto';
import type { Body, Call, Checksum } from '../call.js';
import { findChecksum } from '../digest.js';
import { ObjectError, ObjectHashMismatchError, UnsupportedOperationError } from '../errors.js';
import { digestFirst } from '../http/digest-first.js';
import { BodySizeError } from '../http/exact-body.js';
import type { HttpBody, HttpHeaders } from '../http/exchange.js';
import { hashedBody } from '../http/hashed-body.js';
import { fromSource } from '../http/refusal.js';
import { AZURE } from './errors.js';
import { md5Hex } from './object-info.js';

/** A body made ready for one request. */
export interface Payload {
  readonly size: number;
  readonly body: HttpBody;
  readonly replayable: boolean;
  /** `content-md5`, so that the service itself refuses other bytes. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hex MD5 of the bytes that went out last; undefined before all have. */
  sentMd5(): string | undefined;
}

/**
 * A body of unknown size rejects with UnsupportedOperationError before it is opened. `readFirst`: a stream of unknown digest is
 * read once before it is sent, if it can be, so that its MD5 goes along.
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
      { driver: AZURE },
    );
  let given = findChecksum(known, 'md5')?.hex;
  if (bytes !== undefined) {
    if (bytes.byteLength !== size)
      throw fromSource(key, new BodySizeError(size, bytes.byteLength), AZURE);
    const md5 = given ?? hash('md5', bytes, 'hex');
    return { size, body: bytes, replayable: true, headers: md5Header(md5), sentMd5: () => md5 };
  }
  if (given === undefined && readFirst && replayable)
    [given] = await digestFirst(body, size, ['md5'], call).catch((error: unknown) => {
      throw fromSource(key, error, AZURE);
    });
  if (given === undefined) return { size, replayable, headers: {}, ...hashedBody(body, size) };
  const md5 = given;
  const streamed = { size, open: () => body.open() };
  return { size, body: streamed, replayable, headers: md5Header(md5), sentMd5: () => md5 };
}

export function md5Header(hex: string): Record<string, string> {
  return { 'content-md5': base64OfHex(hex) };
}

export function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

/** The MD5 that the service says it has stored; rejects when it is another one than that of the bytes sent, or missing. */
export function confirmedMd5(key: string, headers: HttpHeaders, sent: string | undefined): string {
  const reported = md5Hex(headers['content-md5']);
  if (reported === undefined || sent === undefined)
    throw new ObjectError(key, 'was answered without the MD5 of what was stored', {
      driver: AZURE,
      retry: 'backoff',
    });
  if (reported !== sent) throw new ObjectHashMismatchError(key, sent, reported, { driver: AZURE });
  return sent;
}
