import { createHash, hash } from 'node:crypto';
import type { Body, Call, Checksum, ChecksumAlgorithm } from '../call.js';
import { crc32c } from '../crc32c.js';
import { findChecksum } from '../digest.js';
import { ObjectHashMismatchError, UnsupportedOperationError } from '../errors.js';
import { digestFirst } from '../http/digest-first.js';
import { BodySizeError, exactly } from '../http/exact-body.js';
import { fromSource } from '../http/refusal.js';
import { GOOGLE } from './errors.js';

/** A body made ready for one request. */
export interface Payload {
  readonly size: number;
  /** In memory, or exactly `size` bytes that are hashed as they go out. */
  readonly content: Uint8Array | (() => AsyncIterable<Uint8Array>);
  readonly replayable: boolean;
  /** Digests that the provider is given along, so that it refuses other bytes itself. */
  readonly promised: readonly Checksum[];
  /** Digests of the bytes that went out last; none before all have. */
  sent(): readonly Checksum[];
}

/**
 * A body of unknown size rejects with UnsupportedOperationError before it is opened. `readFirst`: a stream whose digest is not
 * known is read once more before it is sent, if it can be: without TLS nothing else makes the provider refuse bytes that changed
 * on their way.
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
      { driver: GOOGLE },
    );
  const promised = [...known, ...(body.checksums ?? [])].filter(isStored);
  if (bytes !== undefined) {
    if (bytes.byteLength !== size)
      throw fromSource(key, new BodySizeError(size, bytes.byteLength), GOOGLE);
    const digests = digestsOf(bytes, findChecksum(promised, 'md5')?.hex);
    refuseOther(key, promised, digests);
    return { size, content: bytes, replayable: true, promised: digests, sent: () => digests };
  }
  if (promised.length === 0 && readFirst && replayable) {
    const [md5] = await digestFirst(body, size, ['md5'], call).catch((error: unknown) => {
      throw fromSource(key, error, GOOGLE);
    });
    promised.push({ algorithm: 'md5', hex: md5 });
  }
  return { size, replayable, promised, ...hashedContent(body, size) };
}

/** The algorithms that Google stores the digests of. */
function isStored({ algorithm }: Checksum): boolean {
  return algorithm === 'md5' || algorithm === 'crc32c';
}

/** A known MD5 is believed: the provider compares it. */
function digestsOf(bytes: Uint8Array, md5 = hash('md5', bytes, 'hex')): readonly Checksum[] {
  return [
    { algorithm: 'md5', hex: md5 },
    { algorithm: 'crc32c', hex: hexOfCrc32c(crc32c(bytes)) },
  ];
}

export function hexOfCrc32c(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

function hashedContent(body: Body, size: number): Pick<Payload, 'content' | 'sent'> {
  let sent: readonly Checksum[] = [];
  async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
    sent = [];
    const md5 = createHash('md5');
    let crc = 0;
    for await (const chunk of exactly(size, body.open())) {
      md5.update(chunk);
      crc = crc32c(chunk, crc);
      yield chunk;
    }
    sent = [
      { algorithm: 'md5', hex: md5.digest('hex') },
      { algorithm: 'crc32c', hex: hexOfCrc32c(crc) },
    ];
  }
  return { content, sent: () => sent };
}

/** Throws ObjectHashMismatchError where the same digest is another one in `found`; one that is missing there is not compared. */
export function refuseOther(
  key: string,
  expected: readonly Checksum[],
  found: readonly Checksum[],
): void {
  for (const { algorithm, hex } of expected) {
    const other = findChecksum(found, algorithm as ChecksumAlgorithm);
    if (other !== undefined && other.hex !== hex)
      throw new ObjectHashMismatchError(key, hex, other.hex, { driver: GOOGLE });
  }
}
