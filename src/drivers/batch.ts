import type { BatchPut, PlacedObject } from './capabilities.js';
import { StorageError } from './errors.js';

/** Throws StorageError for more than a call may carry, and for objects whose contents are not in the memory. */
export function checkBatch(
  { maxObjects, maxBytes }: Pick<BatchPut, 'maxObjects' | 'maxBytes'>,
  objects: readonly PlacedObject[],
  { byteLength }: Pick<ArrayBuffer, 'byteLength'>,
  driver: string,
): void {
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  if (objects.length > maxObjects || bytes > maxBytes)
    throw new StorageError(
      `a batch of ${objects.length} objects and ${bytes} bytes was not stored: ${maxObjects} objects and ${maxBytes} bytes at most`,
      { driver },
    );
  if (objects.some(({ begin, size }) => !(begin >= 0 && begin + size <= byteLength)))
    throw new StorageError(
      `a batch was not stored: its objects do not lie in its ${byteLength} bytes of content`,
      { driver },
    );
}
