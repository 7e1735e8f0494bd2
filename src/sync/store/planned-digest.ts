import type { ChecksumAlgorithm } from '../../drivers/call.js';
import { createDigest } from '../../drivers/digest.js';
import { createPartDigests } from '../../drivers/part-digests.js';

/**
 * How a content is hashed: all of it by one algorithm, or each of its parts, whose bytes `cuts` has in order, by MD5. Plain
 * data, for another thread.
 */
export type DigestPlan =
  | { readonly algorithm: ChecksumAlgorithm }
  | { readonly cuts: readonly number[] };

/** A content that is hashed by a plan as it arrives, in chunks of any size. */
export interface PlannedDigest {
  update(chunk: Uint8Array): void;
  /** Once, at the end: the digest of the whole, or those of the parts that were filled, in order. Hex. */
  finish(): readonly string[];
}

export function openPlannedDigest(plan: DigestPlan): PlannedDigest {
  if ('algorithm' in plan) {
    const digest = createDigest(plan.algorithm);
    return { update: (chunk) => digest.update(chunk), finish: () => [digest.checksum().hex] };
  }
  const digests = createPartDigests(plan.cuts);
  return {
    update: (chunk) => digests.update(chunk),
    finish: () => digests.finish().map(({ md5 }) => md5),
  };
}
