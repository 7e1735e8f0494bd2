import { ftruncateSync } from 'node:fs';
import type { Md5Lanes, Md5Piece, Md5Result, Md5State } from '../../md5-lanes.js';
import type { SharedMemory } from '../../web-assembly.js';
import { openPastCache } from './past-cache.js';
import type { RangePiece } from './plan-ranges.js';
import { runsOf } from './sparse-runs.js';

/** A range of a content whose bytes lie in memory that threads share. Plain data. */
export interface LoadedRange {
  /** Where it is written to; undefined: nowhere. */
  readonly place: RangePlace | undefined;
  /** Its address in the memory. */
  readonly begin: number;
  readonly length: number;
  /** What of it is hashed, and the digest so far of the content that its first piece goes on with. */
  readonly pieces: readonly RangePiece[];
  readonly before: Md5State | undefined;
}

/** Where in a file a range is written. */
export interface RangePlace {
  /** The open file, which stays open until the answer has come. */
  readonly fd: number;
  readonly position: number;
  /** The range ends where the file does, which then gets its size. */
  readonly isEnd: boolean;
}

/** What became of a range: a result for each of its pieces, or why it could not be written. */
export type HashedRange =
  | { readonly digests: readonly Md5Result[] }
  | { readonly code: string; readonly syscall: string | undefined; readonly message: string };

/**
 * Hashes ranges, of contents that have nothing to do with each other, and writes those that have a place, with holes where blocks
 * are zeros.
 */
export function hashRanges(
  ranges: readonly LoadedRange[],
  memory: SharedMemory,
  md5: Md5Lanes,
): readonly HashedRange[] {
  const digests = md5.update(ranges.flatMap(piecesOf));
  let next = 0;
  return ranges.map((range): HashedRange => {
    const own = digests.slice(next, next + range.pieces.length);
    next += own.length;
    try {
      if (range.place !== undefined) write(range.place, range, memory);
      return { digests: own };
    } catch (error) {
      const { code = 'EUNKNOWN', syscall, message } = error as NodeJS.ErrnoException;
      return { code, syscall, message };
    }
  });
}

function piecesOf({ begin: address, pieces, before }: LoadedRange): readonly Md5Piece[] {
  return pieces.map(({ begin, length, isFirst, isLast }) => ({
    begin: address + begin,
    length,
    before: isFirst ? undefined : before,
    isLast,
  }));
}

function write(
  { fd, position, isEnd }: RangePlace,
  { begin, length }: LoadedRange,
  { buffer }: SharedMemory,
): void {
  const bytes = new Uint8Array(buffer, begin, length);
  const file = openPastCache(fd);
  let endsInHole = false;
  try {
    for (const { start, end, isHole } of runsOf(bytes, position)) {
      endsInHole = isHole;
      if (!isHole) file.write(bytes, start, end, position);
    }
  } finally {
    file.close();
  }
  if (isEnd && endsInHole) ftruncateSync(fd, position + length);
}
