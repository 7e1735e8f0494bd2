import { tmpdir } from 'node:os';
import type { Backend } from '../drivers/backend.js';
import { findObject } from '../drivers/find-object.js';
import { chooseTrashed } from '../sync/trash/choose-trashed.js';
import { listTrash, type TrashEntry } from '../sync/trash/list-trash.js';
import { FOLDER_MS } from '../sync/trash/trash-name.js';
import { inBatches } from './in-batches.js';
import type { StoredMirror } from './list-current.js';
import type { RestoreSource } from './restore-context.js';
import type { Selection } from './selection.js';
import { wasModifiedAfter } from './unmodified-since.js';

/** Objects that are looked up at once. */
const LOOK_UPS = 32;

/**
 * Of each name the content that was moved to the trash first after a time, in the order of names, unless its file was modified
 * after the time: then it was not there yet. Sorted on disk, in bounded memory. Rejects as the driver and the disk do.
 */
export async function* listTrashedAfter(
  backend: Backend,
  mirror: StoredMirror,
  selection: Selection,
  atMs: number,
  signal: AbortSignal,
): AsyncGenerator<RestoreSource, void> {
  async function* wanted(): AsyncGenerator<readonly TrashEntry[], void> {
    for await (const page of listTrash(backend, mirror, signal))
      yield page.filter((entry) => trashedAtMs(entry) > atMs && selection.has(entry.name));
  }
  const first = Number.NEGATIVE_INFINITY; // of those that are left
  const chosen = chooseTrashed(wanted(), {
    sinceMs: first,
    isLater: () => false,
    folder: tmpdir(),
  });
  for await (const entries of inBatches(chosen, LOOK_UPS)) {
    const sources = entries.map((entry) =>
      describeTrashed(backend, mirror.container, entry, signal),
    );
    for (const source of await Promise.all(sources))
      if (!wasModifiedAfter(source, atMs)) yield source;
  }
}

/** With its metadata; without them when it was purged meanwhile, which its restoring will report. */
async function describeTrashed(
  backend: Backend,
  container: string,
  { name, key, size }: TrashEntry,
  signal: AbortSignal,
): Promise<RestoreSource> {
  const info = await findObject(backend, { container, key }, { signal });
  if (info !== undefined) return { name, info, isDescribed: true, isCurrent: false };
  const listed = { container, key, size, checksums: [], metaData: {}, extra: {} };
  return { name, info: listed, isCurrent: false };
}

/**
 * When something came to the trash: by the provider where that is possible, as a folder of the trash takes things for a minute,
 * else when its folder was opened. (A store that keeps objects as files gives them the times of their sources.)
 */
export function trashedAtMs({ atMs, lastModifiedMs }: TrashEntry): number {
  const isPossible =
    lastModifiedMs !== undefined &&
    lastModifiedMs >= atMs &&
    lastModifiedMs <= atMs + 2 * FOLDER_MS;
  return isPossible ? lastModifiedMs : atMs;
}
