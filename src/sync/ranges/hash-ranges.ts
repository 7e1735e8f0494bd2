import type { Md5Lanes, Md5Piece, Md5Result, Md5State } from '../../md5-lanes.js';
import type { RangePiece } from './plan-ranges.js';

/** A range of a content whose bytes lie in memory that threads share. Plain data. */
export interface LoadedRange {
  /** Its address in the memory. */
  readonly begin: number;
  /** What of it is hashed, and the digest so far of the content that its first piece goes on with. */
  readonly pieces: readonly RangePiece[];
  readonly before: Md5State | undefined;
}

/** Hashes ranges of contents that have nothing to do with each other. Returns for each a result for each of its pieces. */
export function hashRanges(
  ranges: readonly LoadedRange[],
  md5: Md5Lanes,
): readonly (readonly Md5Result[])[] {
  const digests = md5.update(ranges.flatMap(piecesOf));
  let next = 0;
  return ranges.map(({ pieces }) => {
    const own = digests.slice(next, next + pieces.length);
    next += own.length;
    return own;
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
