import { type PackedObjects, unpackObjects } from '../../drivers/packed-objects.js';
import type { ObjectName } from '../../state/object-index.js';
import { foldersAbove } from '../../watcher/path.js';
import { nameOfKey } from '../naming.js';
import { OWN_FOLDER } from '../reserved-names.js';

/** Below a mirror's prefix: folders of the container to which other mirrors write, as the leases in them say. */
export interface OthersPlaces {
  /** Is called with every page that is listed. Names come in order, so that a lease may follow objects of its folder. */
  note(page: PackedObjects): void;
  /** The lease of another mirror was found in this folder. */
  add(folder: ObjectName): void;
  /** The folder of another mirror that this object lies in; undefined when it lies in none. */
  over(name: ObjectName): ObjectName | undefined;
}

const LEASE = `/${OWN_FOLDER}lease`;
/** With more leases than this, every object counts as another mirror's. */
const MOST = 10_000;

/** `prefix`: the mirror's, with which the keys begin. */
export function createOthersPlaces(prefix: string): OthersPlaces {
  const places = new Set<ObjectName>();
  const add = (folder: ObjectName) => void places.add(places.size < MOST ? folder : '');
  return {
    add,
    note(page) {
      // Hardly any page has one, and to find that out no key has to be read.
      if (!Buffer.from(page.buffer).includes(LEASE)) return;
      for (const { key } of unpackObjects(page)) {
        const name = nameOfKey(prefix, key);
        if (name?.endsWith(LEASE)) add(name.slice(0, -LEASE.length));
      }
    },
    over(name) {
      if (places.size === 0) return undefined;
      for (const folder of foldersAbove(name)) if (places.has(folder)) return folder;
      return undefined;
    },
  };
}
