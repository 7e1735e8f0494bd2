import type { Backend } from '../../drivers/backend.js';
import type { Checksum, ObjectInfo } from '../../drivers/call.js';
import { ObjectError, ObjectHashMismatchError } from '../../drivers/errors.js';
import { evenCuts } from '../../drivers/part-digests.js';
import { digestOfParts, type PartsDigest } from '../../parts-digest.js';
import type { ObjectRecord } from '../../state/object-index.js';
import { digestsOf } from '../digests.js';
import { isOfObject } from './inspect-object.js';
import { MD5_KEY } from './object-metadata.js';
import { type DigestPlan, openPlannedDigest } from './planned-digest.js';

/**
 * What proves the content of an object once its bytes are read. `checksum`: the provider's own digest; `metadata`: a digest
 * that was stored beside it; `index`: the digest of the bytes that longshore sent; `parts`: an ETag that is made of the
 * digests of its parts.
 */
export type ContentProof =
  | { readonly by: 'checksum' | 'metadata' | 'index'; readonly checksum: Checksum }
  | { readonly by: 'index'; readonly md5Parts: PartsDigest }
  | { readonly by: 'parts'; readonly cuts: readonly number[]; readonly etag: string };

/** What is known of an object's content, without a request. `info` may be of a listing, which has less than a HEAD. */
export function knownProof(
  info: ObjectInfo,
  record: ObjectRecord | undefined,
): ContentProof | undefined {
  const [checksum] = info.checksums;
  if (checksum !== undefined) return { by: 'checksum', checksum };
  const recorded = isRecordOf(record, info) ? recordedProof(record) : undefined;
  if (recorded !== undefined) return recorded;
  const md5 = md5InMetadata(info.metaData);
  return md5 === undefined ? undefined : { by: 'metadata', checksum: md5Checksum(md5) };
}

/**
 * The same, with a request for the parts of an object where only they say what it is made of. What the index says of an
 * object that has another ETag by now is the last resort: then nothing in the container contradicts it. Undefined: nothing
 * proves the content.
 */
export async function findProof(
  backend: Backend,
  info: ObjectInfo,
  record: ObjectRecord | undefined,
  signal: AbortSignal,
): Promise<ContentProof | undefined> {
  const known = knownProof(info, record) ?? (await proofByParts(backend, info, record, signal));
  if (known !== undefined || record?.state !== 'confirmed') return known;
  return recordedProof(record);
}

/** The digest of the bytes that were sent: of the whole or, of an upload in parts, of its parts. Undefined: none was recorded. */
export function recordedProof(record: ObjectRecord): ContentProof | undefined {
  const { md5, md5Parts } = digestsOf(record);
  if (md5 !== undefined) return { by: 'index', checksum: md5Checksum(md5) };
  return md5Parts && { by: 'index', md5Parts };
}

/** Whether a record is about this very version of an object: it was confirmed with the ETag that the object has now. */
export function isRecordOf(
  record: ObjectRecord | undefined,
  { size, extra }: ObjectInfo,
): record is ObjectRecord {
  const { etag } = extra;
  return (
    record?.state === 'confirmed' &&
    record.size === size &&
    record.etag !== undefined &&
    record.etag === etag
  );
}

async function proofByParts(
  backend: Backend,
  info: ObjectInfo,
  record: ObjectRecord | undefined,
  signal: AbortSignal,
): Promise<ContentProof | undefined> {
  const { multipart } = backend.capabilities;
  const { etag } = info.extra;
  // Whether such an ETag says anything here is known without a request.
  if (multipart?.etagOfParts(info.container, []) === undefined || typeof etag !== 'string')
    return undefined;
  const known = record?.partSize;
  const cuts =
    known !== undefined && known > 0 && record?.size === info.size
      ? evenCuts(info.size, known)
      : await multipart.cutsOf(info, { signal }).catch((error: unknown) => {
          if (isOfObject(error, info.container)) return undefined;
          throw error;
        });
  if (cuts === undefined || cuts.reduce((sum, each) => sum + each, 0) !== info.size)
    return undefined;
  return { by: 'parts', cuts, etag };
}

/** A digest that a tool stored with the object: rclone's `md5chksum` in base64, or `md5` in s3cmd's attributes in hex. */
function md5InMetadata(metaData: Readonly<Record<string, string>>): string | undefined {
  const base64 = metaData[MD5_KEY] ?? '';
  if (/^[A-Za-z0-9+/]{22}==$/.test(base64)) return Buffer.from(base64, 'base64').toString('hex');
  return /(?:^|\/)md5:([0-9a-f]{32})(?:\/|$)/.exec(metaData['s3cmd-attrs'] ?? '')?.[1];
}

function md5Checksum(hex: string): Checksum {
  return { algorithm: 'md5', hex };
}

/** Compares bytes with what they should be, while they pass. */
export interface ContentCheck {
  update(chunk: Uint8Array): void;
  /**
   * To be called after the last byte. Throws ObjectHashMismatchError, or ObjectError where the size is wrong: the object was
   * replaced while it was read, or is damaged.
   */
  finish(): void;
}

/** `proof` undefined: only the number of bytes is compared. */
export function openContentCheck(
  backend: Pick<Backend, 'name' | 'capabilities'>,
  info: ObjectInfo,
  proof: ContentProof | undefined,
): ContentCheck {
  let size = 0;
  const digest = proof && openPlannedDigest(digestPlan(proof, info.size));
  return {
    update(chunk) {
      size += chunk.byteLength;
      digest?.update(chunk);
    },
    finish() {
      const problem =
        sizeProblem(backend, info, size) ??
        (proof && digest && digestProblem(backend, info, proof, digest.finish()));
      if (problem !== undefined) throw problem;
    },
  };
}

/** What is to be hashed of a content of `size` bytes, so that digestProblem can judge it. */
export function digestPlan(proof: ContentProof, size: number): DigestPlan {
  if (proof.by === 'parts') return { cuts: proof.cuts };
  if ('md5Parts' in proof) return { cuts: evenCuts(size, proof.md5Parts.partSize) };
  return { algorithm: proof.checksum.algorithm };
}

/** What is wrong with the number of bytes that came of an object; undefined: nothing. */
export function sizeProblem(
  { name }: Pick<Backend, 'name'>,
  { key, size }: Pick<ObjectInfo, 'key' | 'size'>,
  received: number,
): ObjectError | undefined {
  if (received === size) return undefined;
  const problem = `gave ${received} of the ${size} bytes expected`;
  return new ObjectError(key, problem, { driver: name, retry: 'backoff' });
}

/** What is wrong with the digests of its content, which are by the plan of the proof; undefined: nothing. */
export function digestProblem(
  { name, capabilities }: Pick<Backend, 'name' | 'capabilities'>,
  { container, key }: ObjectInfo,
  proof: ContentProof,
  digests: readonly string[],
): ObjectHashMismatchError | undefined {
  const problem = (expected: string, actual: string | undefined) =>
    actual === expected
      ? undefined
      : new ObjectHashMismatchError(key, expected, actual ?? 'unknown', { driver: name });
  if (proof.by === 'parts') {
    const parts = digests.map((md5, at) => ({ md5, size: proof.cuts[at] ?? 0 }));
    return problem(proof.etag, capabilities.multipart?.etagOfParts(container, parts));
  }
  if ('md5Parts' in proof) return problem(proof.md5Parts.hex, digestOfParts(digests));
  return problem(proof.checksum.hex, digests[0]);
}
