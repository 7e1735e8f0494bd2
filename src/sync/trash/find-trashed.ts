import type { Backend } from '../../drivers/backend.js';
import type { ObjectName } from '../../state/object-index.js';
import { listTrash, type TrashEntry, type TrashPlace } from './list-trash.js';
import { foldersOf } from './trash-name.js';

/**
 * The entry of this name that is in a folder of this moment; undefined: there is none. One moment has at most a few folders, and
 * a folder a bounded number of names. Rejects as the driver does.
 */
export async function findTrashed(
  backend: Backend,
  place: TrashPlace,
  { name, atMs }: { readonly name: ObjectName; readonly atMs: number },
  signal: AbortSignal,
): Promise<TrashEntry | undefined> {
  for await (const page of listTrash(backend, place, signal, foldersOf(atMs))) {
    const found = page.find((entry) => entry.name === name && entry.atMs === atMs);
    if (found !== undefined) return found;
  }
  return undefined;
}
