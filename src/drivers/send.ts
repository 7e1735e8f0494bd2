import type { Backend } from './backend.js';
import type {
  Body,
  Checksum,
  ChecksumAlgorithm,
  ObjectInfo,
  ObjectRef,
  PutOptions,
} from './call.js';
import type { Limits, Multipart } from './capabilities.js';
import { checksumOf, createDigest, findChecksum } from './digest.js';
import type { Resume } from './driver.js';
import {
  ObjectError,
  ObjectHashMismatchError,
  ObjectTooLargeError,
  StorageError,
} from './errors.js';
import { sendInParts } from './multipart.js';
import { partSizeFor } from './part-size.js';
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
   * Digest of the bytes that were sent, which the provider has confirmed: MD5 where it can be had. Undefined when no bytes
   * were sent (a dry run), and when nothing was to be verified.
   */
  readonly checksum: Checksum | undefined;
  /** Bytes per part, when it went in parts. */
  readonly partSize: number | undefined;
}

/**
 * Stores a body, in one put or in parts, and compares what the provider then says with the bytes that went out. Where it
 * says nothing, a HEAD is sent, and at last the object is read back. When they differ this rejects with
 * ObjectHashMismatchError, and the object that the provider holds is not to be trusted.
 */
export async function sendObject(
  backend: Backend,
  ref: ObjectRef,
  body: Body,
  options: PutOptions,
  settings: SendSettings,
): Promise<Sent> {
  const { limits, multipart } = backend.capabilities;
  refuseLarger(body, limits.maxObjectSize, ref, backend.name);
  const algorithm = settings.verifyHash ? algorithmOf(backend) : undefined;
  const inParts = multipart !== undefined && goesInParts(body, multipart, limits, settings);
  if (!inParts) refuseLarger(body, limits.maxPutSize, ref, backend.name);
  if (!inParts && body.bytes !== undefined)
    return sendBytes(backend, ref, body, body.bytes, options, algorithm, settings);

  if (inParts && body.parts !== undefined) {
    const { info, partSize, md5, confirmed } = await sendInParts(
      backend,
      multipart,
      ref,
      body,
      options,
      settings,
    );
    const checksum = settings.verifyHash ? ({ algorithm: 'md5', hex: md5 } as const) : undefined;
    await confirm(backend, info, body.size ?? info.size, checksum, confirmed, settings.signal);
    return { info, partSize, checksum };
  }

  const { body: tallied, tally } = tallyBody(body, {
    algorithm,
    ref,
    driver: backend.name,
    signal: settings.signal,
  });
  const { info, partSize, confirmed } = inParts
    ? await sendInParts(backend, multipart, ref, tallied, options, settings)
    : {
        info: await backend.putObject(ref, tallied, options, settings),
        partSize: undefined,
        confirmed: false,
      };
  const { state, size, checksum } = tally();
  if (state === 'unfinished')
    throw new ObjectError(ref.key, 'was reported as stored before all of it was sent', {
      driver: backend.name,
    });
  if (state === 'read') await confirm(backend, info, size, checksum, confirmed, settings.signal);
  return { info, partSize, checksum };
}

/** MD5 wherever the provider has it: records and comparisons are by MD5. */
function algorithmOf({ hashType, capabilities: { checksums } }: Backend): ChecksumAlgorithm {
  return hashType ?? (checksums.includes('md5') ? 'md5' : checksums[0]) ?? 'md5';
}

function goesInParts(
  { size }: Body,
  { partSize }: Multipart,
  limits: Limits,
  settings: SendSettings,
): boolean {
  if (size === undefined) return true;
  if (size > limits.maxPutSize) return true;
  if (size <= (settings.partsAbove ?? limits.maxPutSize)) return false;
  // One part would be an object with an ETag that is no digest, for nothing.
  return size > (settings.partSize ?? partSizeFor(size, partSize) ?? 0);
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
  const checksums =
    checksum === undefined || checksum === given
      ? options.checksums
      : [...options.checksums, checksum];
  const info = await backend.putObject(ref, body, { ...options, checksums }, { signal });
  await confirm(backend, info, bytes.byteLength, checksum, false, signal);
  return { info, checksum, partSize: undefined };
}

/** `already`: the provider has confirmed every byte. */
async function confirm(
  backend: Backend,
  info: ObjectInfo,
  size: number,
  checksum: Checksum | undefined,
  already: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (info.size !== size) {
    const problem = `was stored with ${info.size} bytes, but ${size} were sent`;
    throw new ObjectError(info.key, problem, { driver: backend.name, retry: 'backoff' });
  }
  if (checksum === undefined) return;
  const reported = findChecksum(info.checksums, checksum.algorithm);
  if (reported === undefined && already) return;
  const found = reported ?? (await digestOfStored(backend, info, checksum.algorithm, signal));
  if (found.hex !== checksum.hex)
    throw new ObjectHashMismatchError(info.key, checksum.hex, found.hex, { driver: backend.name });
}

/** The digest that a HEAD reports, or else the digest of the content that is read back. */
async function digestOfStored(
  backend: Backend,
  { container, key }: ObjectInfo,
  algorithm: ChecksumAlgorithm,
  signal: AbortSignal,
): Promise<Checksum> {
  const ref = { container, key };
  try {
    const reported = findChecksum((await backend.headObject(ref, { signal })).checksums, algorithm);
    if (reported !== undefined) return reported;
    const digest = createDigest(algorithm);
    for await (const chunk of await backend.readObject(ref, undefined, { signal }))
      digest.update(chunk);
    return digest.checksum();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StorageError) || error.retry !== 'never') throw error;
    const problem = `was stored, but cannot be verified: the provider reports no ${algorithm} of it, and it cannot be read back (${error.message})`;
    throw new ObjectError(key, problem, { driver: backend.name, cause: error });
  }
}

function refuseLarger(body: Body, limit: number, ref: ObjectRef, driver: string): void {
  if (body.size === undefined || body.size <= limit) return;
  throw new ObjectTooLargeError(
    ref.key,
    `is too large for this provider: ${body.size} bytes, where ${limit} are allowed`,
    { driver },
  );
}
