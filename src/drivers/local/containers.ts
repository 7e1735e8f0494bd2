import { type Dirent, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { compareNames } from '../../utf8-order.js';
import type { Published } from './change.js';
import { codeOf, Refusal } from './failure.js';
import { isFolderObject } from './folder-objects.js';
import { removeEmptyTree } from './folders.js';
import { containerNameProblem } from './names.js';
import type { WireContainer } from './object.js';
import type { ContainerPage } from './protocol.js';
import { statEntry } from './stat.js';
import type { Store } from './store.js';

/** Folders of the root whose names are those of containers; symbolic links are none. */
export function listContainers(
  store: Store,
  after: string | undefined,
  size: number,
): ContainerPage {
  const names = entriesOf(store.root)
    .filter((entry) => entry.isDirectory() && containerNameProblem(entry.name) === undefined)
    .map(({ name }) => name)
    .filter((name) => after === undefined || compareNames(name, after) > 0)
    .sort(compareNames);
  // A name that is not UTF-8 is decoded to another name, which no folder has.
  const containers = names.slice(0, size).flatMap((name) => describeContainer(store, name) ?? []);
  return { containers, next: names.length > size ? names[size - 1] : undefined };
}

/** None in a root that is yet to be made. */
function entriesOf(root: string): Dirent[] {
  return existsSync(root) ? readdirSync(root, { withFileTypes: true }) : [];
}

export function headContainer(store: Store, name: string): WireContainer {
  const found = describeContainer(store, name);
  if (found === undefined) throw new Refusal({ kind: 'no-container', container: name });
  return found;
}

export function createContainer(store: Store, name: string): Published {
  try {
    mkdirSync(`${store.root}/${name}`);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    throw new Refusal({ kind: 'container-exists', container: name });
  }
  return { answer: headContainer(store, name), dirty: [{ path: store.root, volume: store.root }] };
}

/** Folders without a file in them are removed; anything else that is there makes it "not empty". */
export function deleteContainer(store: Store, name: string): Published {
  const folder = store.container(name);
  store.releaseIncoming(folder);
  const isKept = (path: string) => isFolderObject(store, name, path);
  if (!removeEmptyTree(folder, isKept))
    throw new Refusal({ kind: 'container-not-empty', container: name });
  return { answer: undefined, dirty: [{ path: store.root, volume: store.root }] };
}

function describeContainer(store: Store, name: string): WireContainer | undefined {
  const stat = statEntry(`${store.root}/${name}`);
  if (!stat?.isDirectory()) return undefined;
  return {
    name,
    creationTime: milliseconds(stat.ctimeNs),
    accessTime: milliseconds(stat.atimeNs),
    modifyTime: milliseconds(stat.mtimeNs),
  };
}

function milliseconds(ns: bigint): number {
  return Number(ns / 1_000_000n);
}
