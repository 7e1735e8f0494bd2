import { createHash } from 'node:crypto';
import type { Checksum, ChecksumAlgorithm } from './call.js';
import { crc32c } from './crc32c.js';

/** A digest under way. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** Once, at the end. */
  checksum(): Checksum;
}

export function createDigest(algorithm: ChecksumAlgorithm): Digest {
  return algorithm === 'crc32c' ? createCrc32c() : createOpenSslDigest(algorithm);
}

export function checksumOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Checksum {
  const digest = createDigest(algorithm);
  digest.update(bytes);
  return digest.checksum();
}

export function findChecksum(
  checksums: readonly Checksum[],
  algorithm: ChecksumAlgorithm | undefined,
): Checksum | undefined {
  return checksums.find((checksum) => checksum.algorithm === algorithm);
}

function createOpenSslDigest(algorithm: Exclude<ChecksumAlgorithm, 'crc32c'>): Digest {
  const hash = createHash(algorithm);
  return {
    update: (bytes) => void hash.update(bytes),
    checksum: () => ({ algorithm, hex: hash.digest('hex') }),
  };
}

function createCrc32c(): Digest {
  let crc = 0;
  return {
    update(bytes) {
      crc = crc32c(bytes, crc);
    },
    checksum: () => ({ algorithm: 'crc32c', hex: crc.toString(16).padStart(8, '0') }),
  };
}
