/** The block of most file systems: what is smaller leaves no hole. */
const BLOCK = 4096;
const ZEROS = Buffer.alloc(BLOCK);

interface Run {
  readonly start: number;
  readonly end: number;
  readonly isHole: boolean;
}

/**
 * Cuts a chunk, which begins at `position` of its file, into runs of blocks of zeros, and what is between them. Blocks are
 * those of the file: what of one is in another chunk does not count as zeros.
 */
export function* runsOf(chunk: Uint8Array, position: number): Generator<Run, void> {
  const size = chunk.byteLength;
  const firstBlock = (BLOCK - (position % BLOCK)) % BLOCK;
  let start = 0;
  let isHole = false;
  for (let at = firstBlock; at + BLOCK <= size; at += BLOCK) {
    // Most blocks show by their first byte that they are not.
    const zeros = chunk[at] === 0 && ZEROS.equals(chunk.subarray(at, at + BLOCK));
    if (zeros === isHole) continue;
    if (at > start) yield { start, end: at, isHole };
    start = at;
    isHole = zeros;
  }
  const blocksEnd = firstBlock + Math.max(0, Math.floor((size - firstBlock) / BLOCK)) * BLOCK;
  if (isHole && blocksEnd < size) {
    yield { start, end: blocksEnd, isHole };
    start = blocksEnd;
    isHole = false;
  }
  if (start < size) yield { start, end: size, isHole };
}
