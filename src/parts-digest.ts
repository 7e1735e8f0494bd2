import { createHash, type Hash } from 'node:crypto';

/** The MD5 of the MD5s of a content's parts. Each has `partSize` bytes; the last may have fewer. */
export interface PartsDigest {
  readonly partSize: number;
  readonly hex: string;
}

/**
 * Hex MD5 of the MD5s of parts, which are given in hex and in order. It is the hexadecimal part of an S3 ETag of an object in parts
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html).
 */
export function digestOfParts(partMd5s: Iterable<string>): string {
  const hash = createHash('md5');
  for (const md5 of partMd5s) hash.update(md5, 'hex');
  return hash.digest('hex');
}

/** Whether a part can have so many bytes. */
export function isPartSize(bytes: number): boolean {
  return Number.isSafeInteger(bytes) && bytes > 0;
}

/** A PartsDigest under way. */
export interface PartsHash {
  update(bytes: Uint8Array): void;
  /** Once, at the end. */
  digest(): PartsDigest;
}

/**
 * Computes a PartsDigest in one pass and in constant memory. An empty content has no parts.
 *
 * @throws RangeError for a size that no part can have
 */
export function hashInParts(partSize: number): PartsHash {
  if (!isPartSize(partSize)) throw new RangeError(`a part cannot have ${partSize} bytes`);
  const whole = createHash('md5');
  let part: Hash | undefined;
  let missing = partSize;

  function endPart(): void {
    if (part !== undefined) whole.update(part.digest());
    part = undefined;
    missing = partSize;
  }

  return {
    update(bytes) {
      for (let at = 0; at < bytes.byteLength; ) {
        const taken = bytes.subarray(at, at + missing);
        part ??= createHash('md5');
        part.update(taken);
        at += taken.byteLength;
        missing -= taken.byteLength;
        if (missing === 0) endPart();
      }
    },
    digest() {
      endPart();
      return { partSize, hex: whole.digest('hex') };
    },
  };
}
