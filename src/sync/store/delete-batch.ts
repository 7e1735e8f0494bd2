import type { Backend } from '../../drivers/backend.js';

/**
 * Deletes one object; calls of the same turn travel in one request where the provider has batch deletes. Each call
 * resolves or rejects by what the provider answered for its own key. A missing object is no error.
 */
export type DeleteObject = (key: string, signal: AbortSignal) => Promise<void>;

interface Waiting {
  readonly key: string;
  resolve(): void;
  reject(error: unknown): void;
}

export function batchingDelete(backend: Backend, container: string): DeleteObject {
  const { batchDelete } = backend.capabilities;
  if (!batchDelete) return (key, signal) => backend.deleteObject({ container, key }, { signal });
  let waiting: Waiting[] = [];

  function flush(signal: AbortSignal): void {
    const batch = waiting;
    waiting = [];
    if (batch.length > 0) void send(batch, signal);
  }

  async function send(batch: readonly Waiting[], signal: AbortSignal): Promise<void> {
    try {
      const failed = await batchDelete?.deleteObjects(
        container,
        [...new Set(batch.map(({ key }) => key))],
        { signal },
      );
      for (const { key, resolve, reject } of batch) {
        const error = failed?.get(key);
        if (error) reject(error);
        else resolve();
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (key, signal) =>
    new Promise<void>((resolve, reject) => {
      // All deletes of a mirror hold the same signal, so the first of a batch speaks for the rest.
      if (waiting.length === 0) setImmediate(() => flush(signal));
      waiting.push({ key, resolve, reject });
      if (waiting.length >= batchDelete.maxKeys) flush(signal);
    });
}
