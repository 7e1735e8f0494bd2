import { createHash } from 'node:crypto';
import type { Checksum, ChecksumAlgorithm } from '../call.js';
import { Refusal } from './failure.js';

/** Digests that this driver checks before it accepts a put, strongest first. */
export const CHECKED = ['sha256', 'sha1', 'md5'] as const satisfies readonly ChecksumAlgorithm[];

/** The digests of a content under way: MD5 always, others where the caller named one. */
export interface Digests {
  update(bytes: Uint8Array): void;
  /** The MD5 in hex, or a refusal when the content is not what was announced. */
  finish(key: string): string;
}

export function createDigests(expected: readonly Checksum[]): Digests {
  const hashes = new Map(
    [...new Set(['md5', ...expected.map(({ algorithm }) => algorithm)])].map((name) => [
      name,
      createHash(name),
    ]),
  );
  return {
    update(bytes) {
      for (const hash of hashes.values()) hash.update(bytes);
    },
    finish(key) {
      const actual = new Map([...hashes].map(([name, hash]) => [name, hash.digest('hex')]));
      for (const { algorithm, hex } of expected) {
        const found = actual.get(algorithm) ?? '';
        if (found !== hex.toLowerCase())
          throw new Refusal({ kind: 'hash', key, expected: hex, actual: found });
      }
      return actual.get('md5') ?? '';
    },
  };
}
