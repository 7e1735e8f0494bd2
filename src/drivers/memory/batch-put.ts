import { checkBatch } from '../batch.js';
import type { BatchedObject, BatchPut, PutOutcome } from '../capabilities.js';
import { containerOf, MEMORY, type MemoryStore, storeObject } from './store.js';

const bounds = { maxObjects: 1000, maxBytes: 16 * 1024 * 1024 };

export function memoryBatchPut(store: MemoryStore, checkKey: (key: string) => void): BatchPut {
  function putOne(container: string, object: BatchedObject, bytes: Uint8Array): PutOutcome {
    const { key, md5, options } = object;
    const checksums = [{ algorithm: 'md5', hex: md5 }] as const;
    try {
      checkKey(key);
      const { extra } = storeObject(store, { container, key }, bytes, { ...options, checksums });
      return { stored: { md5, etag: extra['etag'] as string } };
    } catch (error) {
      return { error: error as Error };
    }
  }

  return {
    ...bounds,
    async putObjects(container, objects, content, { signal }) {
      signal.throwIfAborted();
      containerOf(store, container);
      checkBatch(bounds, objects, content, MEMORY);
      // Gone for the caller here as well, so that code which reads it afterwards fails with every backend.
      const moved =
        content instanceof ArrayBuffer
          ? structuredClone(content, { transfer: [content] })
          : content;
      return objects.map((object) => {
        const bytes = new Uint8Array(object.size);
        bytes.set(new Uint8Array(moved, object.begin, object.size));
        return putOne(container, object, bytes);
      });
    },
  };
}
