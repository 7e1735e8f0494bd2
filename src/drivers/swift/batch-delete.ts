import type { Backend } from '../backend.js';
import type { BatchDelete } from '../capabilities.js';
import { StorageError } from '../errors.js';
import { eachInParallel } from '../parallel.js';
import { type DeleteTogether, MAX_KEYS } from './bulk-delete.js';
import { SWIFT } from './errors.js';
import { checkContainer, isPossibleKey } from './names.js';
import type { Segments } from './segments.js';

/** Looks at objects that may have segments, this many at once. */
const LANES = 8;

/** Large objects go one by one, with their segments; all others together. */
export function batchDelete(
  deleteTogether: DeleteTogether,
  segments: Segments,
  { deleteObject }: Pick<Backend, 'deleteObject'>,
): BatchDelete {
  return {
    maxKeys: MAX_KEYS,
    async deleteObjects(container, given, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const keys = [...new Set(given)].filter(isPossibleKey);
      const large = new Set<string>();
      const failures = new Map<string, Error>();
      if (keys.length > 0 && (await segments.mayExist(container, call))) {
        await eachInParallel(keys, LANES, call.signal, async (key, signal) => {
          if ((await segments.madeOf({ container, key }, { signal })) === undefined) return;
          large.add(key);
          try {
            await deleteObject({ container, key }, { signal });
          } catch (error) {
            signal.throwIfAborted();
            failures.set(
              key,
              error instanceof Error ? error : new StorageError(String(error), { driver: SWIFT }),
            );
          }
        });
      }
      const plain = keys.filter((key) => !large.has(key));
      for (const [key, failure] of await deleteTogether(container, plain, call))
        failures.set(key, failure);
      return failures;
    },
  };
}
