import { hash } from 'node:crypto';
import type { Body, Call, Checksum } from '../call.js';
import { findChecksum } from '../digest.js';
import { ObjectError, ObjectHashMismatchError, UnsupportedOperationError } from '../errors.js';
import { digestFirst } from './digest-first.js';
import { BodySizeError } from './exact-body.js';
import type { HttpBody } from './exchange.js';
import { hashedBody } from './hashed-body.js';
import { fromSource } from './refusal.js';

/** A body made ready for one request. */
export interface Payload {
  readonly size: number;
  readonly body: HttpBody;
  readonly replayable: boolean;
  /** With the content's MD5, where it is known beforehand, so that the provider itself refuses other bytes. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hex MD5 of the bytes that went out last; undefined before all have. */
  sentMd5(): string | undefined;
}

export interface PayloadOptions {
  /** For errors. */
  readonly driver: string;
  /** The header that a hex MD5 goes in. */
  readonly header: (md5: string) => Readonly<Record<string, string>>;
  /**
   * A stream of unknown digest is read once before it is sent, if it can be: where the provider compares no checksum that follows
   * the content, nothing else makes it refuse bytes that changed on their way.
   */
  readonly readFirst: boolean;
}

/** A body of unknown size rejects with UnsupportedOperationError before it is opened. */
export async function preparePayload(
  key: string,
  body: Body,
  known: readonly Checksum[],
  { driver, header, readFirst }: PayloadOptions,
  call: Call,
): Promise<Payload> {
  const { size, bytes, replayable } = body;
  if (size === undefined)
    throw new UnsupportedOperationError(
      `"${key}" cannot be put as a stream of unknown length; send it in parts`,
      { driver },
    );
  let given = findChecksum(known, 'md5')?.hex;
  if (bytes !== undefined) {
    if (bytes.byteLength !== size)
      throw fromSource(key, new BodySizeError(size, bytes.byteLength), driver);
    const md5 = given ?? hash('md5', bytes, 'hex');
    return { size, body: bytes, replayable: true, headers: header(md5), sentMd5: () => md5 };
  }
  if (given === undefined && readFirst && replayable)
    [given] = await digestFirst(body, size, ['md5'], call).catch((error: unknown) => {
      throw fromSource(key, error, driver);
    });
  if (given === undefined) return { size, replayable, headers: {}, ...hashedBody(body, size) };
  const md5 = given;
  const streamed = { size, open: () => body.open() };
  return { size, body: streamed, replayable, headers: header(md5), sentMd5: () => md5 };
}

/** The MD5 (hex) that the provider says it has stored; rejects when it is another one than that of the bytes sent, or missing. */
export function confirmedMd5(
  key: string,
  reported: string | undefined,
  sent: string | undefined,
  driver: string,
): string {
  if (reported === undefined || sent === undefined)
    throw new ObjectError(key, 'was answered without the MD5 of what was stored', {
      driver,
      retry: 'backoff',
    });
  if (reported !== sent) throw new ObjectHashMismatchError(key, sent, reported, { driver });
  return sent;
}
