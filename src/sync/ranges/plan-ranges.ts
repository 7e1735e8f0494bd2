/** Bytes of a range that belong to one content that is hashed: the whole object, or one of its parts. */
export interface RangePiece {
  /** Which content, from 0. */
  readonly content: number;
  /** Where it begins in the range, and its bytes. Of a piece that is not the last one of its content, a multiple of ALIGNED. */
  readonly begin: number;
  readonly length: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** What is asked for by one request. */
export interface PlannedRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** In order. Only the first one may go on with a content of the range before, and only the last one may be gone on with. */
  readonly pieces: readonly RangePiece[];
}

/** Bytes of a block of a disk, and of whole blocks of a digest: where a content is cut, it is cut behind some of these. */
const ALIGNED = 4096;

/**
 * Cuts an object into ranges of at most `most` bytes (a multiple of 4,096), in order. `contents`: bytes of each of its parts
 * that has a digest of its own, or of the whole. A range has several whole contents, or an even share of a large one.
 */
export function* planRanges(
  contents: Iterable<number>,
  most: number,
): Generator<PlannedRange, void, undefined> {
  let start = 0;
  let pieces: RangePiece[] = [];
  let length = 0;

  function rangeOf(): PlannedRange {
    const range = { start, end: start + length, pieces };
    start += length;
    pieces = [];
    length = 0;
    return range;
  }

  let content = 0;
  for (const size of contents) {
    if (length > 0 && length + size > most) yield rangeOf();
    const share = size <= most ? size : evenShare(size, most);
    let at = 0;
    do {
      const piece = Math.min(share, size - at);
      const isLast = at + piece === size;
      pieces.push({ content, begin: length, length: piece, isFirst: at === 0, isLast });
      length += piece;
      at += piece;
      if (size > most) yield rangeOf();
    } while (at < size);
    content += 1;
  }
  if (pieces.length > 0) yield rangeOf();
}

function evenShare(size: number, most: number): number {
  const ranges = Math.ceil(size / most);
  return Math.ceil(size / ranges / ALIGNED) * ALIGNED;
}
