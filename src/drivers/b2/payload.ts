import { createHash, hash } from 'node:crypto';
import { untilAborted } from '../../signal.js';
import type { Body, Call, Checksum } from '../call.js';
import { findChecksum } from '../digest.js';
import { ObjectHashMismatchError, UnsupportedOperationError } from '../errors.js';
import { BodySizeError, exactly } from '../http/exact-body.js';
import type { HttpBody } from '../http/exchange.js';
import { fromSource } from '../http/refusal.js';
import { B2 } from './errors.js';

/** A body made ready for one upload. B2 compares its SHA-1 with the bytes that come, and stores no others. */
export interface Payload {
  /** Bytes of the content. */
  readonly size: number;
  readonly body: HttpBody;
  readonly replayable: boolean;
  /** Of X-Bz-Content-Sha1: the digest, or that it follows the content. */
  readonly declared: string;
  /** Hex, of the content that went out last; undefined before all of it has. */
  sentSha1(): string | undefined;
  /** The same; undefined also where it was not asked for, and is not known. */
  sentMd5(): string | undefined;
}

/** The 40 digits come after the content, and count as part of the body: https://www.backblaze.com/apidocs/b2-upload-file */
const AT_END = 'hex_digits_at_end';
const DIGITS = 40;

/**
 * A body of unknown size rejects with UnsupportedOperationError before it is opened. `known`: digests of the content; B2 compares the
 * SHA-1. `withMd5`: whether the MD5 is wanted of a stream, too.
 */
export function preparePayload(
  key: string,
  body: Body,
  known: readonly Checksum[],
  withMd5: boolean,
): Payload {
  const { size, bytes, replayable } = body;
  if (size === undefined)
    throw new UnsupportedOperationError(
      `"${key}" cannot be put as a stream of unknown length; send it in parts`,
      { driver: B2 },
    );
  const sha1 = findChecksum(known, 'sha1')?.hex;
  const md5 = findChecksum(known, 'md5')?.hex;
  if (bytes !== undefined) return ofBytes(key, bytes, size, sha1, md5);
  return ofStream(body, { size, sha1, md5, withMd5, replayable });
}

function ofBytes(
  key: string,
  bytes: Uint8Array,
  size: number,
  given: string | undefined,
  md5: string | undefined,
): Payload {
  if (bytes.byteLength !== size)
    throw fromSource(key, new BodySizeError(size, bytes.byteLength), B2);
  const sha1 = given ?? hash('sha1', bytes, 'hex');
  return {
    size,
    body: bytes,
    replayable: true,
    declared: sha1,
    sentSha1: () => sha1,
    sentMd5: () => md5 ?? hash('md5', bytes, 'hex'),
  };
}

interface StreamFacts {
  readonly size: number;
  readonly sha1: string | undefined;
  readonly md5: string | undefined;
  readonly withMd5: boolean;
  readonly replayable: boolean;
}

/** Hashed while it is sent, unless the digest is known. Each opening starts again from nothing. */
function ofStream(body: Body, { size, sha1, md5, withMd5, replayable }: StreamFacts): Payload {
  let sent: { readonly sha1: string; readonly md5: string | undefined } | undefined;
  async function* open(): AsyncGenerator<Uint8Array, void, undefined> {
    sent = undefined;
    const digests = {
      sha1: sha1 === undefined ? createHash('sha1') : undefined,
      md5: md5 === undefined && withMd5 ? createHash('md5') : undefined,
    };
    // Not only by the length of what goes out: the digits at the end would complete a content that is too short.
    for await (const chunk of exactly(size, body.open())) {
      digests.sha1?.update(chunk);
      digests.md5?.update(chunk);
      yield chunk;
    }
    const digest = sha1 ?? digests.sha1?.digest('hex') ?? '';
    if (sha1 === undefined) yield Buffer.from(digest);
    sent = { sha1: digest, md5: md5 ?? digests.md5?.digest('hex') };
  }
  return {
    size,
    body: { size: sha1 === undefined ? size + DIGITS : size, open },
    replayable,
    declared: sha1 ?? AT_END,
    sentSha1: () => sent?.sha1,
    sentMd5: () => sent?.md5,
  };
}

/** Throws ObjectHashMismatchError unless B2 has stored the very bytes that went out. */
export function checkStored(
  key: string,
  stored: string | undefined,
  { sentSha1 }: Pick<Payload, 'sentSha1'>,
): void {
  const sent = sentSha1() ?? 'unknown';
  if (stored !== sent)
    throw new ObjectHashMismatchError(key, sent, stored ?? 'none', { driver: B2 });
}

/** The whole content in memory, of a body that gives exactly its `size`. */
export async function gathered(
  key: string,
  body: Body,
  size: number,
  { signal }: Call,
): Promise<Uint8Array> {
  if (body.bytes !== undefined && body.bytes.byteLength === size) return body.bytes;
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of exactly(size, untilAborted(body.open(), signal)))
      chunks.push(Uint8Array.from(chunk));
  } catch (error) {
    throw fromSource(key, error, B2);
  }
  return Buffer.concat(chunks);
}
