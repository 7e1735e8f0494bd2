import type { Backend } from '../../drivers/backend.js';
import { findObject } from '../../drivers/find-object.js';
import type { ObjectName } from '../../state/object-index.js';
import { foldersAbove } from '../../watcher/path.js';
import { OWN_FOLDER } from '../reserved-names.js';
import type { OthersPlaces } from './others-places.js';

/** Where a mirror's objects are. */
interface LiveRoot {
  readonly backend: Pick<Backend, 'headObject'>;
  readonly container: string;
  readonly prefix: string;
}

/** Folders that are remembered; of more, each is looked at again. */
const MOST_FOLDERS = 10_000;

/**
 * Whether an object is there now. If it is, the leases of other mirrors in the folders above it are noted in `places`, with a
 * HEAD for each folder: what was listed at an earlier time does not have those that have come since. Rejects as `headObject` does.
 */
export function lookLive(
  { backend, container, prefix }: LiveRoot,
  places: Pick<OthersPlaces, 'add' | 'over'>,
  signal: AbortSignal,
): (name: ObjectName) => Promise<boolean> {
  const seen = new Set<ObjectName>();
  const isThere = async (name: ObjectName) =>
    (await findObject(backend, { container, key: prefix + name }, { signal })) !== undefined;
  return async (name) => {
    if (!(await isThere(name))) return false;
    for (const folder of foldersAbove(name)) {
      if (folder === '' || seen.has(folder)) continue;
      if (places.over(name) !== undefined) return true;
      if (await isThere(`${folder}/${OWN_FOLDER}lease`)) places.add(folder);
      if (seen.size >= MOST_FOLDERS) seen.clear();
      seen.add(folder);
    }
    return true;
  };
}
