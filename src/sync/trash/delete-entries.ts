import type { Backend } from '../../drivers/backend.js';
import { ObjectError } from '../../drivers/errors.js';
import type { TrashEntry } from './list-trash.js';

/** What became of things that were to leave the trash. */
export interface Emptied {
  objects: number;
  bytes: number;
  /** Those that could not be deleted, by key. */
  readonly failed: Map<string, Error>;
}

export function nothingEmptied(): Emptied {
  return { objects: 0, bytes: 0, failed: new Map() };
}

/** Deletes for good, many at once where the provider can, and adds to `emptied`. Rejects when a whole request failed. */
export async function deleteEntries(
  backend: Backend,
  container: string,
  entries: readonly TrashEntry[],
  emptied: Emptied,
  signal: AbortSignal,
): Promise<void> {
  const { batchDelete } = backend.capabilities;
  const most = batchDelete?.maxKeys ?? 1;
  for (let at = 0; at < entries.length; at += most) {
    const chunk = entries.slice(at, at + most);
    const keys = chunk.map(({ key }) => key);
    const failed = batchDelete
      ? await batchDelete.deleteObjects(container, keys, { signal })
      : await deleteEach(backend, container, keys, signal);
    for (const { key, size } of chunk) {
      const error = failed.get(key);
      if (error !== undefined) emptied.failed.set(key, error);
      else {
        emptied.objects += 1;
        emptied.bytes += size;
      }
    }
  }
}

async function deleteEach(
  backend: Backend,
  container: string,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Error>> {
  const failed = new Map<string, Error>();
  for (const key of keys) {
    try {
      await backend.deleteObject({ container, key }, { signal });
    } catch (error) {
      if (!(error instanceof ObjectError)) throw error;
      failed.set(key, error);
    }
  }
  return failed;
}
