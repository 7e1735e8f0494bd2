import type { BatchedObject, BatchPut } from './capabilities.js';
import { StorageError } from './errors.js';

/** Throws StorageError for more than a call may carry, and for a content that is shorter than its objects say. */
export function checkBatch(
  { maxObjects, maxBytes }: Pick<BatchPut, 'maxObjects' | 'maxBytes'>,
  objects: readonly BatchedObject[],
  content: ArrayBuffer,
  driver: string,
): void {
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  if (objects.length > maxObjects || bytes > maxBytes)
    throw new StorageError(
      `a batch of ${objects.length} objects and ${bytes} bytes was not stored: ${maxObjects} objects and ${maxBytes} bytes at most`,
      { driver },
    );
  if (bytes > content.byteLength)
    throw new StorageError(
      `a batch was not stored: its objects have ${bytes} bytes, its content ${content.byteLength}`,
      { driver },
    );
}
