import { isForbidden } from './problem.js';
import { isLimit } from './watch-limits.js';

/** A file system whose changes the kernel does not announce: a watch on it would get no events. */
export class UnannouncedError extends Error {
  override readonly name = 'UnannouncedError';
}

/**
 * Whether an error persists until a person changes something: rights, a limit of watches, the kind of file system. Any
 * other may be over in a second, and the folder is retried soon.
 */
export function isLasting(error: Error): boolean {
  const { syscall = 'watch' } = error as NodeJS.ErrnoException;
  // At the limit of open files every call fails, and the next one may not; at that of inotify, only `watch` does.
  return (
    isForbidden(error) ||
    error instanceof UnannouncedError ||
    (isLimit(error) && syscall === 'watch')
  );
}

const FIRST_RETRY_MS = 1_000;

/** Until the next try after `failures` (1 or more): 1, 2, 4 ... s, `limitMs` at the most. */
export function retryAfterMs(failures: number, limitMs: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), limitMs);
}
