import type { ByteRange } from './call.js';

/** Throws a RangeError unless the range has whole, non-negative ends and begins before it ends. */
export function checkRange({ start, end }: ByteRange): void {
  if (!Number.isSafeInteger(start) || start < 0)
    throw new RangeError(`a range must start at a whole byte from 0 on, got ${start}`);
  if (end === undefined) return;
  if (!Number.isSafeInteger(end))
    throw new RangeError(`a range must end at a whole byte, got ${end}`);
  if (start >= end)
    throw new RangeError(
      `a range must start before its end, got ${start} to ${end} (the end is exclusive)`,
    );
}

/** Bytes that the range covers of an object of `size` bytes; none when it begins at or after the end. */
export function lengthWithin({ start, end }: ByteRange, size: number): number {
  return Math.max(0, Math.min(end ?? size, size) - start);
}
