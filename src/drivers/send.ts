import type { Backend } from './backend.js';
import type { Body, Checksum, ChecksumAlgorithm, ObjectInfo, ObjectRef, PutOptions } from './call.js';
import { checksumOf, createDigest, findChecksum } from './digest.js';
import type { Resume } from './driver.js';
import { ObjectError, ObjectHashMismatchError, ObjectTooLargeError } from './errors.js';
import { sendInParts } from './multipart.js';
import { untilAborted } from './signal.js';
import { tallyBody } from './tallied-body.js';

export interface SendSettings {
  readonly signal: AbortSignal;
  readonly verifyHash: boolean;
  readonly resume?: Resume;
  /** A larger body goes in parts where the provider can; never above `limits.maxPutSize`, which is also the default. */
  readonly partsAbove?: number;
  /** Bytes per part, for an upload that was begun with another size than the default one. */
  readonly partSize?: number;
}

export interface Sent {
  readonly info: ObjectInfo;
  /**
   * Digest of the bytes that were sent, in the algorithm of `backend.hashType` (or, without one, of the first that the
   * provider checks). Undefined when no bytes were sent (a dry run), when nothing was to be verified, and for a body
   * sent in parallel parts of which the provider tells no digest.
   */
  readonly checksum: Checksum | undefined;
  /** Bytes per part, when it went in parts. */
  readonly partSize: number | undefined;
}

/**
 * Stores a body, in one put or in parts, and compares what the provider then says with the bytes that went out. When
 * they differ this rejects with ObjectHashMismatchError, and the object that the provider holds is not to be trusted.
 */
export async function sendObject(backend: Backend, ref: ObjectRef, body: Body, options: PutOptions, settings: SendSettings): Promise<Sent> {
  const { limits, multipart } = backend.capabilities;
  refuseLarger(body, limits.maxObjectSize, ref, backend.name);
  const algorithm = settings.verifyHash ? (backend.hashType ?? backend.capabilities.checksums[0]) : undefined;
  const partsAbove = Math.min(settings.partsAbove ?? limits.maxPutSize, limits.maxPutSize);
  const inParts = multipart !== undefined && (body.size === undefined || body.size > partsAbove);
  if (!inParts) refuseLarger(body, limits.maxPutSize, ref, backend.name);

  if (!inParts && body.bytes !== undefined) return sendBytes(backend, ref, body, body.bytes, options, algorithm, settings);
  if (inParts && body.slice !== undefined) {
    const { info, partSize } = await sendInParts(backend, multipart, ref, body, options, settings);
    return { info, partSize, checksum: await compareAfterwards(backend, body, info, algorithm, settings.signal) };
  }

  const { body: tallied, tally } = tallyBody(body, { algorithm, ref, driver: backend.name, signal: settings.signal });
  const { info, partSize } = inParts
    ? await sendInParts(backend, multipart, ref, tallied, options, settings)
    : { info: await backend.putObject(ref, tallied, options, settings), partSize: undefined };
  const { state, size, checksum } = tally();
  if (state === 'unfinished') throw new ObjectError(ref.key, 'was reported as stored before all of it was sent', { driver: backend.name });
  if (state === 'read') compare(backend, info, size, checksum);
  return { info, partSize, checksum };
}

/** The digest is known before the bytes go out, so the provider itself can refuse others. */
async function sendBytes(
  backend: Backend,
  ref: ObjectRef,
  body: Body,
  bytes: Uint8Array,
  options: PutOptions,
  algorithm: ChecksumAlgorithm | undefined,
  { signal }: SendSettings,
): Promise<Sent> {
  const given = findChecksum(options.checksums, algorithm);
  const checksum = given ?? (algorithm && checksumOf(algorithm, bytes));
  const checksums = checksum === undefined || checksum === given ? options.checksums : [...options.checksums, checksum];
  const info = await backend.putObject(ref, body, { ...options, checksums }, { signal });
  compare(backend, info, bytes.byteLength, checksum);
  return { info, checksum, partSize: undefined };
}

/**
 * Parts sent in parallel are read in no order, so their common digest takes a reading of its own. It is done only where
 * there is something to compare it with; the parts themselves were confirmed one by one.
 */
async function compareAfterwards(
  backend: Backend,
  body: Body,
  info: ObjectInfo,
  algorithm: ChecksumAlgorithm | undefined,
  signal: AbortSignal,
): Promise<Checksum | undefined> {
  if (algorithm === undefined || findChecksum(info.checksums, algorithm) === undefined) return undefined;
  const digest = createDigest(algorithm);
  let size = 0;
  for await (const chunk of untilAborted(body.open(), signal)) {
    digest.update(chunk);
    size += chunk.byteLength;
  }
  const checksum = digest.checksum();
  compare(backend, info, size, checksum);
  return checksum;
}

function compare(backend: Backend, info: ObjectInfo, size: number, checksum: Checksum | undefined): void {
  const context = { driver: backend.name };
  if (info.size !== size)
    throw new ObjectError(info.key, `was stored with ${info.size} bytes, but ${size} were sent`, { ...context, retry: 'backoff' });
  const told = findChecksum(info.checksums, checksum?.algorithm);
  if (checksum !== undefined && told !== undefined && told.hex !== checksum.hex) {
    throw new ObjectHashMismatchError(info.key, checksum.hex, told.hex, context);
  }
}

function refuseLarger(body: Body, limit: number, ref: ObjectRef, driver: string): void {
  if (body.size === undefined || body.size <= limit) return;
  throw new ObjectTooLargeError(ref.key, `is too large for this provider: ${body.size} bytes, where ${limit} are allowed`, { driver });
}
