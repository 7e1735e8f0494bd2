import type { Backend } from '../drivers/backend.js';
import { findObject } from '../drivers/find-object.js';
import { pages } from '../drivers/pages.js';
import type { ObjectName } from '../state/object-index.js';
import { compareNames } from '../utf8-order.js';
import type { StoredMirror } from './list-current.js';
import type { RestoreSource } from './restore-context.js';
import { foldersAbove, foldersCutBy } from './shard-folders.js';
import type { SharedLinks } from './shard-links.js';

/** What the restore of one shard has to know of the others, which may write into the same folder at the same time. */
export interface RestoreShard {
  /**
   * Objects of folders that begin before the shard and may go on in it. Each shard that makes files in a folder gives it its time
   * and mode at its end, so that the last one leaves it right, whichever that is.
   */
  readonly openFolders: readonly RestoreSource[];
  /** Whether another shard has an object below this path, which so is a folder. */
  hasBelow(path: string, signal: AbortSignal): Promise<boolean>;
}

export interface ShardedMirror {
  readonly backend: Backend;
  readonly mirror: StoredMirror;
  /** Of the shard: see NameRange. */
  readonly range: { readonly after: ObjectName; readonly upTo: ObjectName | undefined };
  /** Whether an object is asked for. */
  readonly wanted: (name: ObjectName) => boolean;
}

/** Looks the folders up that the cuts go through. Rejects as the driver does. */
export async function openRestoreShard(
  { backend, mirror, range, wanted }: ShardedMirror,
  signal: AbortSignal,
): Promise<RestoreShard> {
  const { after, upTo } = range;
  const names = foldersCutBy(after).flatMap(({ objects }) => objects);
  return {
    openFolders: await findAll(backend, mirror, names.filter(wanted), signal),
    async hasBelow(path, within) {
      // Else what is below it is in this shard, and its folder is made before any link.
      if (upTo === undefined || compareNames(upTo, `${path}0`) >= 0) return false;
      return hasObjects(backend, mirror, `${path}/`, within);
    },
  };
}

async function hasObjects(
  backend: Backend,
  { container, prefix }: StoredMirror,
  under: string,
  signal: AbortSignal,
): Promise<boolean> {
  const list = pages(
    backend.name,
    (page) => backend.listObjects(container, prefix + under, { ...page, size: 1 }, { signal }),
    { signal },
  );
  for await (const { items } of list) if (items.length > 0) return true;
  return false;
}

/** Objects that are looked up at once. */
const AT_ONCE = 16;

/** Those of these objects that are there, as they are now. Rejects as the driver does. */
async function findAll(
  backend: Backend,
  { container, prefix }: StoredMirror,
  names: readonly ObjectName[],
  signal: AbortSignal,
): Promise<readonly RestoreSource[]> {
  const found: RestoreSource[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const looking = names.slice(at, at + AT_ONCE).map(async (name) => {
      const info = await findObject(backend, { container, key: prefix + name }, { signal });
      return info && ({ name, info, isDescribed: true, isCurrent: true } as const);
    });
    for (const source of await Promise.all(looking)) if (source !== undefined) found.push(source);
  }
  return found;
}

/**
 * What a shard restores: the objects of its range, without those that another shard makes as names of a file of its own, and
 * with the names outside of it of files that it makes, and the folders above them. `listed`: the range, in the order of names.
 */
export async function* sourcesOfShard(
  { backend, mirror, wanted }: Omit<ShardedMirror, 'range'>,
  listed: AsyncIterable<RestoreSource>,
  links: Pick<SharedLinks, 'elsewhere' | 'here'>,
  signal: AbortSignal,
): AsyncGenerator<RestoreSource, void> {
  yield* without(listed, links.elsewhere());
  let names: ObjectName[] = [];
  for await (const name of withFolders(links.here())) {
    if (!wanted(name)) continue;
    names.push(name);
    if (names.length < AT_ONCE) continue;
    yield* await findAll(backend, mirror, names, signal);
    names = [];
  }
  yield* await findAll(backend, mirror, names, signal);
}

/** Names in order, and before each those that objects of the folders above it may have, if they were not given just before. */
async function* withFolders(names: AsyncIterable<ObjectName>): AsyncGenerator<ObjectName, void> {
  let last = '';
  for await (const name of names) {
    for (const { path, objects } of foldersAbove(name))
      if (!last.startsWith(`${path}/`)) yield* objects;
    yield name;
    last = name;
  }
}

/** Both in the order of names. */
async function* without(
  listed: AsyncIterable<RestoreSource>,
  names: AsyncIterable<ObjectName>,
): AsyncGenerator<RestoreSource, void> {
  const left = names[Symbol.asyncIterator]();
  try {
    let next = await left.next();
    for await (const source of listed) {
      while (!next.done && compareNames(next.value, source.name) < 0) next = await left.next();
      if (next.done || next.value !== source.name) yield source;
    }
  } finally {
    await left.return?.();
  }
}
