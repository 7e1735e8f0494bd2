import { ftruncateSync } from 'node:fs';
import { openPastCache } from './past-cache.js';
import { runsOf } from './sparse-runs.js';

/** Where in a file a range is written. Plain data. */
export interface RangePlace {
  /** The open file, which stays open until the range is written. */
  readonly fd: number;
  readonly position: number;
  /** The range ends where the file does, which then gets its size. */
  readonly isEnd: boolean;
}

/** Writes a range, with holes where blocks are zeros. Throws as the system does. */
export function writeRange({ fd, position, isEnd }: RangePlace, bytes: Uint8Array): void {
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
  if (isEnd && endsInHole) ftruncateSync(fd, position + bytes.byteLength);
}
