import type { Part } from '../capabilities.js';
import { UnsupportedOperationError } from '../errors.js';
import { B2 } from './errors.js';
import type { Grant } from './grant.js';

// B2 takes no large file of one part, and no part but the last below 5 MB
// (https://www.backblaze.com/docs/cloud-storage-create-large-files-with-the-native-api). So the first part of an upload goes as two of
// B2's, and each other one as the next. One that is too small for that is the only part of its upload: it waits in memory, and is put
// as a whole file in the end.

const SMALLEST_OF_B2 = 5_000_000;
export const PART_SIZE = {
  min: 2 * SMALLEST_OF_B2,
  max: 5_000_000_000,
  /** B2 has 10,000. */
  maxParts: 9_999,
};

/** The least bytes of one of B2's parts that is not the last: what the account's authorisation says, and 5 MB at the most. */
export function smallestPart(grant: Pick<Grant, 'smallestPart'>): number {
  return Math.min(grant.smallestPart ?? SMALLEST_OF_B2, SMALLEST_OF_B2);
}

/** Throws UnsupportedOperationError when half of the first part is too small for one of B2’s. */
export function refuseSmallParts(partSize: number | undefined, smallest: number): void {
  if (partSize === undefined || partSize >= 2 * smallest) return;
  throw new UnsupportedOperationError(
    `part_size is ${partSize} bytes: B2 takes parts of ${2 * smallest} bytes and more`,
    { driver: B2 },
  );
}

/** A part as b2_list_parts has it. */
export interface PartOfB2 {
  readonly number: number;
  readonly size: number;
  /** Hex. */
  readonly sha1: string;
}

/** B2's number of a part other than the first. */
export function numberAtB2(number: number): number {
  return number + 1;
}

export function receiptOf(sha1s: readonly string[]): string {
  return sha1s.join(',');
}

/** SHA-1s of all of B2's parts, in their order. */
export function sha1sOf(parts: readonly Pick<Part, 'receipt'>[]): readonly string[] {
  return parts.flatMap(({ receipt }) => receipt.split(','));
}

/** The parts that B2's are, in order; the first only when both of it are there. */
export function partsOf(listed: readonly PartOfB2[]): readonly Part[] {
  const sorted = [...listed].sort((a, b) => a.number - b.number);
  const [first, second] = sorted;
  const parts: Part[] = [];
  if (first?.number === 1 && second?.number === 2)
    parts.push({
      number: 1,
      size: first.size + second.size,
      receipt: receiptOf([first.sha1, second.sha1]),
    });
  for (const { number, size, sha1 } of sorted)
    if (number > 2) parts.push({ number: number - 1, size, receipt: sha1 });
  return parts;
}
