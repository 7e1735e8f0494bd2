import type { Backend } from '../../drivers/backend.js';
import type { RemoveAll } from './object-store.js';

/**
 * Deletes one object; where the provider has batch deletes, calls share requests: a request goes out once it is full, or at
 * the end of the turn when no other is under way, and what comes meanwhile goes with the next. Each call resolves or rejects
 * by what the provider answered for its own key. A missing object is no error.
 */
export type DeleteObject = (key: string, signal: AbortSignal) => Promise<void>;

/** Deletes that may be under way at once: enough to fill two requests, few enough to bound memory. */
export function deletesAtOnce({ batchDelete }: Backend['capabilities']): number {
  return Math.min(2 * (batchDelete?.maxKeys ?? 0), MOST_AT_ONCE);
}

const MOST_AT_ONCE = 2_000;

interface Waiting {
  readonly key: string;
  resolve(): void;
  reject(error: unknown): void;
}

export function batchingDelete(backend: Backend, container: string): DeleteObject {
  const { batchDelete } = backend.capabilities;
  if (!batchDelete) return (key, signal) => backend.deleteObject({ container, key }, { signal });
  let waiting: Waiting[] = [];
  let underWay = 0;
  let isScheduled = false;

  function flush(signal: AbortSignal): void {
    const batch = waiting;
    waiting = [];
    if (batch.length > 0) void send(batch, signal);
  }

  /** All deletes of a mirror hold the same signal, so any of a batch speaks for the rest. */
  function flushWhenIdle(signal: AbortSignal): void {
    if (isScheduled || underWay > 0) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      if (underWay === 0) flush(signal);
    });
  }

  async function send(batch: readonly Waiting[], signal: AbortSignal): Promise<void> {
    underWay += 1;
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
    } finally {
      underWay -= 1;
      if (waiting.length > 0) flushWhenIdle(signal);
    }
  }

  return (key, signal) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      if (waiting.length >= batchDelete.maxKeys) flush(signal);
      else flushWhenIdle(signal);
    });
}

/** Deletes many objects of a prefix, one full request after the other: see RemoveAll. */
export function deletingTogether(
  backend: Backend,
  container: string,
  prefix: string,
): RemoveAll | undefined {
  const { batchDelete } = backend.capabilities;
  if (batchDelete === undefined) return undefined;
  const { maxKeys } = batchDelete;
  return async (names, signal) => {
    const failed = new Map<string, Error>();
    for (let at = 0; at < names.length; at += maxKeys) {
      const keys = names.slice(at, at + maxKeys).map((name) => prefix + name);
      const errors = await batchDelete.deleteObjects(container, keys, { signal });
      for (const [key, error] of errors) failed.set(key.slice(prefix.length), error);
    }
    return failed;
  };
}
