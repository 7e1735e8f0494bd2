import { ftruncateSync } from 'node:fs';
import type { Md5Lanes, Md5Piece, Md5Result, Md5State } from '../md5-lanes.js';
import type { SharedMemory } from '../web-assembly.js';
import { openPastCache } from './past-cache.js';
import type { RangePiece } from './plan-ranges.js';
import { runsOf } from './sparse-writer.js';

/** A range of a file whose bytes lie in memory that threads share. Plain data. */
export interface LoadedRange {
  /** The open file, which stays open until the answer has come. */
  readonly fd: number;
  /** Where in the file. */
  readonly position: number;
  /** Its address in the memory. */
  readonly begin: number;
  readonly length: number;
  /** What of it is hashed, and the digest so far of the content that its first piece goes on with. */
  readonly pieces: readonly RangePiece[];
  readonly before: Md5State | undefined;
  /** It ends where the file does, which then gets its size. */
  readonly isEnd: boolean;
}

/** What became of a range: a result for each of its pieces, or why it could not be written. */
export type WrittenRange =
  | { readonly digests: readonly Md5Result[] }
  | { readonly code: string; readonly syscall: string | undefined; readonly message: string };

/** Hashes and writes ranges, of contents that have nothing to do with each other, and leaves holes where blocks are zeros. */
export function writeRanges(
  ranges: readonly LoadedRange[],
  memory: SharedMemory,
  md5: Md5Lanes,
): readonly WrittenRange[] {
  const digests = md5.update(ranges.flatMap(piecesOf));
  let next = 0;
  return ranges.map((range): WrittenRange => {
    const own = digests.slice(next, next + range.pieces.length);
    next += own.length;
    try {
      write(range, memory);
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
  { fd, position, begin, length, isEnd }: LoadedRange,
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
