import { untilAborted } from '../signal.js';
import type { Checksum } from './call.js';
import { createDigest } from './digest.js';
import { ObjectError, ObjectHashMismatchError } from './errors.js';

export interface Expected {
  readonly objectName: string;
  readonly driver: string;
  readonly size: number;
  /** Undefined: the provider reports no digest of these bytes. */
  readonly checksum: Checksum | undefined;
  readonly signal: AbortSignal;
}

/** The same bytes, counted and hashed on the way; after the last one it throws when they are not what was expected. */
export async function* verifyReceived(
  source: AsyncIterable<Uint8Array>,
  expected: Expected,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { objectName, driver, checksum } = expected;
  const digest = checksum && createDigest(checksum.algorithm);
  let size = 0;
  for await (const chunk of untilAborted(source, expected.signal)) {
    size += chunk.byteLength;
    if (size > expected.size) break;
    digest?.update(chunk);
    yield chunk;
  }
  if (size !== expected.size) {
    const problem = `gave ${size > expected.size ? 'more than' : `${size} of`} the ${expected.size} bytes expected; if it was replaced meanwhile, get it again`;
    throw new ObjectError(objectName, problem, { driver, retry: 'backoff' });
  }
  const received = digest?.checksum();
  if (checksum !== undefined && received !== undefined && received.hex !== checksum.hex) {
    throw new ObjectHashMismatchError(objectName, checksum.hex, received.hex, { driver });
  }
}
