import type { Multipart } from './capabilities.js';

const MIB = 1024 * 1024;

/** Part size for a stream whose end is not in sight: 10,000 of these (S3's limit) are 156 GiB, and a few fit in memory. */
const BLIND_PART_SIZE = 16 * MIB;

/**
 * Bytes per part: the smallest that fits the provider's number of parts, in whole MiB where that is above the minimum.
 * A resumed upload must cut at the same places, so this depends on nothing but its arguments. Undefined when no part
 * size is large enough.
 */
export function partSizeFor(
  size: number | undefined,
  { min, max, maxParts }: Multipart['partSize'],
): number | undefined {
  if (size === undefined) return Math.min(Math.max(min, BLIND_PART_SIZE), max);
  const needed = Math.ceil(size / maxParts);
  if (needed <= min) return min;
  if (needed > max) return undefined;
  return Math.min(Math.ceil(needed / MIB) * MIB, max);
}

export interface PlannedPart {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** Where a body of `size` bytes is cut. An empty one is one empty part: an object needs at least one. */
export function* planParts(
  size: number,
  partSize: number,
): Generator<PlannedPart, void, undefined> {
  let start = 0;
  let number = 1;
  do {
    const end = Math.min(start + partSize, size);
    yield { number, start, end };
    start = end;
    number += 1;
  } while (start < size);
}
