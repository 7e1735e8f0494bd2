import { type BigIntStats, chmodSync, utimesSync } from 'node:fs';
import { failpoint } from '../../failpoint.js';
import { versionOf } from '../../file-stat.js';
import type { Change } from './change.js';
import { findSource } from './copies.js';
import { createDigests } from './digests.js';
import { Refusal } from './failure.js';
import { keepFolderTimes } from './folder-objects.js';
import type { Folders } from './folders.js';
import { findNow } from './lookups.js';
import { isFolderKey } from './names.js';
import { describeObject } from './object.js';
import type { CopyOrder, PutOrder, Ticket } from './protocol.js';
import { putBytes } from './puts.js';
import { attributesOf, type FileAttributes, readAbout } from './record.js';
import { checkPrecondition, refuseCaseCollision } from './rename-into-place.js';
import { statEntry } from './stat.js';
import type { Store } from './store.js';

const NO_BYTES = new Uint8Array();
/** Our user must be able to list the folder, and to put and find objects in it. */
const OWN_RIGHTS = 0o700;

/** Makes the folder of an object with such a name, or gives it another description. Refuses any content. */
export function putFolder(
  store: Store,
  folders: Folders,
  order: PutOrder,
  bytes: Uint8Array,
  ticket: Ticket,
): Change {
  const container = store.container(order.container);
  if (bytes.length > 0) refuseContent(order.key);
  const md5 = createDigests(order.checksums).finish(order.key);
  store.writableRecords(); // a root that cannot be written to refuses here
  return {
    ticket,
    contents: [],
    publish() {
      const { container: name, key, about, attributes } = order;
      checkFolder(store, order);
      if (store.incoming(container).foldsNames) refuseCaseCollision(container, key.slice(0, -1));
      folders.forget(); // a folder that became empty may be gone by now
      const changed = folders.make(container, key, () => store.emptyFolders.expect(name, [key]));
      const path = `${container}/${key.slice(0, -1)}`;
      failpoint('local: object renamed, its record not written');
      const record = { file: versionOf(describe(path, attributes)), md5, about };
      store.writableRecords().put(name, key, record);
      keepFolderTimes(store, name, changed);
      return {
        answer: describeObject(key, stated(path), record),
        dirty: [path, ...changed].map((each) => store.dirty(container, each)),
      };
    },
    discard: () => undefined,
  };
}

export function refuseContent(key: string): never {
  const rule = 'a name that ends in "/" is that of a folder here, which has no content';
  throw new Refusal({ kind: 'bad-object-name', key, rule });
}

function checkFolder(store: Store, { container, key, precondition }: PutOrder): void {
  const found = findNow(store, container, key);
  if (precondition !== undefined && 'ifAbsent' in precondition && found !== undefined)
    throw new Refusal({ kind: 'precondition', key, problem: 'exists already' });
  checkPrecondition(precondition, key, () =>
    found === undefined ? undefined : describeObject(key, found.stat, found.record).etag,
  );
}

function describe(path: string, { mtime, permissions }: FileAttributes): BigIntStats {
  if (permissions !== undefined) chmodSync(path, permissions | OWN_RIGHTS);
  if (mtime !== undefined) utimesSync(path, mtime, mtime);
  return stated(path);
}

function stated(path: string): BigIntStats {
  const stat = statEntry(path);
  if (stat?.isDirectory()) return stat;
  const problem = 'was replaced by another program as it was stored';
  throw new Refusal({ kind: 'unstable', key: path, problem });
}

/** Copies where the source or the copy is a folder. The two may be one object: then only its description changes. */
export function copyFolder(
  store: Store,
  folders: Folders,
  copy: CopyOrder,
  ticket: Ticket,
): Change {
  const { from, to, replace } = copy;
  const { stat, record } = findSource(store, copy);
  const source = describeObject(from.key, stat, record);
  if (source.size > 0) refuseContent(to.key);
  const { about, attributes, precondition } = replace ?? {
    about: source.about,
    attributes: attributesOf(readAbout(source.about).metaData),
    precondition: undefined,
  };
  const order: PutOrder = { ...to, about, attributes, checksums: [], precondition };
  const put = isFolderKey(to.key) ? putFolder : putBytes;
  return put(store, folders, order, NO_BYTES, ticket);
}
