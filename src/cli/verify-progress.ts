import { recordsInSlices } from '../sync/records-in-slices.js';
import type { Choice } from '../verify/choose-objects.js';
import type { ListedObject } from '../verify/compare-listing.js';
import type { Io } from './io.js';
import { type ObjectProgress, openObjectProgress } from './object-progress.js';
import type { WholeIndex } from './restore-index.js';

export interface VerifyProgressOptions {
  readonly label: string;
  readonly isWanted: boolean;
  readonly chosen: Choice;
  /** Undefined: the listing is counted. */
  readonly index: WholeIndex | undefined;
  readonly list: (signal: AbortSignal) => AsyncIterable<ListedObject>;
  readonly signal: AbortSignal;
}

/**
 * Shows how many objects were compared, and how many bytes of those that are to be read back were read, with rate and time left.
 * Does nothing where stderr is no terminal, or `isWanted` is false.
 */
export function openVerifyProgress(
  io: Pick<Io, 'stderr' | 'env' | 'clock'>,
  { label, isWanted, chosen, index, list, signal }: VerifyProgressOptions,
): ObjectProgress {
  return openObjectProgress(io, {
    label,
    isWanted,
    countAhead: (counted, within) =>
      index === undefined
        ? countListing(list(within), chosen, counted)
        : countIndex(index, chosen, counted, within),
    signal,
  });
}

async function countListing(
  listed: AsyncIterable<ListedObject>,
  chosen: Choice,
  counted: (bytes: number) => void,
): Promise<void> {
  for await (const { name, info } of listed) counted(chosen(name, undefined) ? info.size : 0);
}

async function countIndex(
  index: WholeIndex,
  chosen: Choice,
  counted: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const slice of recordsInSlices(index)) {
    signal.throwIfAborted();
    for (const [name, record] of slice) counted(chosen(name, record) ? record.size : 0);
  }
}
