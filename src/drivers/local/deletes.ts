import { unlinkSync } from 'node:fs';
import { failpoint } from '../../failpoint.js';
import type { Dirty, Published } from './change.js';
import { codeOf, type Failure, toFailure } from './failure.js';
import { isFolderObject, keepFolderTimes } from './folder-objects.js';
import { removeEmptyParents, statObject } from './folders.js';
import { isFolderKey } from './names.js';
import type { Store } from './store.js';

/** Deletes each key, with the folders that become empty. Answers with those that failed. */
export function deleteObjects(store: Store, container: string, keys: readonly string[]): Published {
  const folder = store.container(container);
  const failed: (readonly [string, Failure])[] = [];
  const dirty = new Map<string, Dirty>();
  store.emptyFolders.expect(container, keys);
  for (const key of keys) {
    try {
      const changed = deleteOne(store, container, folder, key);
      if (changed !== undefined) dirty.set(changed, store.dirty(folder, changed));
    } catch (error) {
      failed.push([key, toFailure(error)]);
    }
  }
  keepFolderTimes(store, container, dirty.keys());
  return { answer: failed, dirty: [...dirty.values()] };
}

/** The folder whose entries have changed; undefined when there was no such object, which is what was asked for. */
function deleteOne(
  store: Store,
  container: string,
  folder: string,
  key: string,
): string | undefined {
  if (statObject(folder, key) === undefined) return undefined;
  const records = store.writableRecords();
  if (!isFolderKey(key)) unlinkIfThere(`${folder}/${key}`);
  failpoint('local: object unlinked, its record not removed');
  records.remove(container, key);
  return removeEmptyParents(folder, key, (path) => isFolderObject(store, container, path));
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
