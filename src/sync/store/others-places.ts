import type { ObjectName } from '../../state/object-index.js';
import { foldersAbove } from '../../watcher/path.js';
import { OWN_FOLDER } from './reserved-names.js';

/** Below a mirror's prefix: folders of the container to which other mirrors write, as the leases in them say. */
export interface OthersPlaces {
  /** Is told of every object that is listed. */
  note(name: ObjectName): void;
  /** The folder of another mirror that this object lies in; undefined when it lies in none. */
  over(name: ObjectName): ObjectName | undefined;
}

const LEASE = `/${OWN_FOLDER}lease`;
/** With more of them than anybody has, no object is said to be nobody's. */
const MOST = 10_000;

export function createOthersPlaces(): OthersPlaces {
  const places = new Set<ObjectName>();
  return {
    note(name) {
      if (name.endsWith(LEASE)) places.add(places.size < MOST ? name.slice(0, -LEASE.length) : '');
    },
    over(name) {
      if (places.size === 0) return undefined;
      for (const folder of foldersAbove(name)) if (places.has(folder)) return folder;
      return undefined;
    },
  };
}
