import { statfsSync } from 'node:fs';
import { RestoreError } from './restore-failure.js';

/** The room on the disk that is restored to. */
export interface Room {
  /** A file did not fit. From now on nothing is loaded that is larger than what is free. */
  noteFull(): void;
  /** Whether so many bytes may fit: false once a file did not, and less is free. */
  has(bytes: number): boolean;
  /** @throws RestoreError (`no-space`) when so many bytes are known not to fit. A sparse file may need fewer, so before that all may fit. */
  require(bytes: number): void;
}

/** `folder`: a path on the disk. */
export function watchRoom(folder: string): Room {
  let wasFull = false;
  const free = () => {
    if (!wasFull) return Number.POSITIVE_INFINITY;
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  };
  return {
    noteFull() {
      wasFull = true;
    },
    has: (bytes) => bytes <= free(),
    require(bytes) {
      const most = free();
      if (bytes > most)
        throw new RestoreError(
          'no-space',
          `it has ${bytes} bytes, and the disk is full: ${most} are free`,
        );
    },
  };
}

/** Whether a write failed for want of room, or of a quota. */
export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
