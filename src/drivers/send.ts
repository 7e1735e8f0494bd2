import { hashInParts, type PartsDigest } from '../parts-digest.js';
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
import type { PartsElsewhere } from './parts-range.js';
import type { OnPart, SentParts } from './resumed-upload.js';
import { tallyBody } from './tallied-body.js';

export interface SendSettings {
  readonly signal: AbortSignal;
  readonly verifyHash: boolean;
  readonly resume?: Resume;
  /** A larger body goes in parts where the provider can; never above `limits.maxPutSize`, which is also the default. */
  readonly partsAbove?: number;
  /** Bytes per part, for an upload that was begun with another size than the default one. */
  readonly partSize?: number;
  /** Whether the MD5 of the whole is wanted of a file that goes in parts, even where those of the parts verify it. */
  readonly wholeMd5?: boolean;
  readonly onPart?: OnPart;
  /** Other processes that can send parts of the file; missing: none. */
  readonly elsewhere?: PartsElsewhere | undefined;
}

export interface Sent {
  readonly info: ObjectInfo;
  /**
   * Digest of the bytes that were sent, which the provider has confirmed: MD5 where it can be had. Undefined when no bytes
   * were sent (a dry run), when nothing was to be verified, and of a file in parts whose whole was not hashed.
   */
  readonly checksum: Checksum | undefined;
  /** The same of the parts, when it went in parts. */
  readonly md5Parts: PartsDigest | undefined;
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
    const sent = await sendInParts(backend, multipart, ref, body, options, settings);
    return confirmParts(backend, sent, body.size ?? sent.info.size, settings);
  }

  const { body: tallied, tally } = tallyBody(body, {
    algorithm,
    ref,
    driver: backend.name,
    signal: settings.signal,
  });
  const { info, partSize, md5Parts, confirmed } = inParts
    ? await sendInParts(backend, multipart, ref, tallied, options, settings)
    : {
        info: await backend.putObject(ref, tallied, options, settings),
        partSize: undefined,
        md5Parts: undefined,
        confirmed: false,
      };
  const { state, size, checksum } = tally();
  if (state === 'unfinished')
    throw new ObjectError(ref.key, 'was reported as stored before all of it was sent', {
      driver: backend.name,
    });
  if (state === 'read') await confirm(backend, info, size, checksum, confirmed, settings.signal);
  return { info, partSize, checksum, md5Parts: partsDigest(md5Parts, partSize) };
}

/** What was sent of a file in parts, once it is verified. */
async function confirmParts(
  backend: Backend,
  { info, partSize, md5, md5Parts: hex, confirmed }: SentParts,
  size: number,
  { verifyHash, signal }: SendSettings,
): Promise<Sent> {
  const checksum =
    verifyHash && md5 !== undefined ? ({ algorithm: 'md5', hex: md5 } as const) : undefined;
  await confirm(backend, info, size, checksum, confirmed, signal);
  const md5Parts = partsDigest(hex, partSize);
  if (verifyHash && checksum === undefined && md5Parts !== undefined && !confirmed) {
    const hash = hashInParts(md5Parts.partSize);
    await orUnverified(backend, info, 'md5', signal, () => readBack(backend, info, hash, signal));
    const found = hash.digest().hex;
    if (found !== md5Parts.hex)
      throw new ObjectHashMismatchError(info.key, md5Parts.hex, found, { driver: backend.name });
  }
  return { info, partSize, checksum, md5Parts };
}

function partsDigest(
  hex: string | undefined,
  partSize: number | undefined,
): PartsDigest | undefined {
  return hex === undefined || partSize === undefined ? undefined : { partSize, hex };
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
  const info = await backend.putObject(ref, body, Object.assign({}, options, { checksums }), {
    signal,
  });
  await confirm(backend, info, bytes.byteLength, checksum, false, signal);
  return { info, checksum, partSize: undefined, md5Parts: undefined };
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
  return orUnverified(backend, ref, algorithm, signal, async () => {
    const reported = findChecksum((await backend.headObject(ref, { signal })).checksums, algorithm);
    if (reported !== undefined) return reported;
    const digest = createDigest(algorithm);
    await readBack(backend, ref, digest, signal);
    return digest.checksum();
  });
}

async function readBack(
  backend: Backend,
  ref: ObjectRef,
  digest: { update(bytes: Uint8Array): void },
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of await backend.readObject(ref, undefined, { signal }))
    digest.update(chunk);
}

/** What `find` resolves with; a refusal for good becomes an ObjectError that says so. */
async function orUnverified<T>(
  backend: Backend,
  { key }: ObjectRef,
  algorithm: ChecksumAlgorithm,
  signal: AbortSignal,
  find: () => Promise<T>,
): Promise<T> {
  try {
    return await find();
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
