import type { BigIntStats } from 'node:fs';
import { failpoint } from '../../failpoint.js';
import { versionOf } from '../../file-stat.js';
import type { Change } from './change.js';
import { createDigests } from './digests.js';
import { codeOf, Refusal } from './failure.js';
import { isFolderObject, keepFolderTimes } from './folder-objects.js';
import { type Folders, parentOf } from './folders.js';
import { describeObject, validRecord } from './object.js';
import type { PutOrder, Ticket } from './protocol.js';
import type { ObjectRecord } from './record.js';
import { checkPrecondition, refuseCaseCollision, renameIntoPlace } from './rename-into-place.js';
import { statEntry } from './stat.js';
import type { Store } from './store.js';
import { createTemporary, removeTemporary, type Temporary } from './temporary.js';

/** A content that comes piece by piece. */
export interface Upload {
  write(bytes: Uint8Array): void;
  /** The whole has come: the change that puts it into place. Refuses a content that is not what was announced. */
  finish(ticket: Ticket): Change;
  discard(): void;
}

export function beginUpload(store: Store, folders: Folders, order: PutOrder): Upload {
  const container = store.container(order.container);
  store.writableRecords(); // a root that cannot be written to refuses here, before any byte
  const digests = createDigests(order.checksums);
  const temporary = createTemporary(store.incoming(container), order.attributes);
  const discard = () => temporary.discard();
  return {
    write(bytes) {
      digests.update(bytes);
      temporary.write(bytes);
    },
    finish(ticket) {
      const md5 = digests.finish(order.key);
      const content: Content = { path: temporary.path, inode: temporary.finish(), md5 };
      failpoint('local: temporary file written, not synced');
      return putChange(store, folders, order, { discard, ...content }, ticket);
    },
    discard,
  };
}

/** A content that is in memory. */
export function putBytes(
  store: Store,
  folders: Folders,
  order: PutOrder,
  bytes: Uint8Array,
  ticket: Ticket,
): Change {
  const upload = beginUpload(store, folders, order);
  try {
    upload.write(bytes);
    return upload.finish(ticket);
  } catch (error) {
    upload.discard();
    throw error;
  }
}

/** A content that another thread writes. */
export interface AwaitedFile {
  /** Of the temporary file that it is to make. */
  readonly path: string;
  /** It was made, and has the attributes of the order. */
  finish(inode: bigint, md5: string, ticket: Ticket): Change;
  discard(): void;
}

export function beginFile(store: Store, folders: Folders, order: PutOrder): AwaitedFile {
  const container = store.container(order.container);
  store.writableRecords(); // a root that cannot be written to refuses here, before any byte
  const incoming = store.incoming(container);
  incoming.restore();
  const path = incoming.next();
  const discard = () => removeTemporary(path);
  return {
    path,
    finish(inode, md5, ticket) {
      failpoint('local: temporary file written, not synced');
      return putChange(store, folders, order, { path, inode, md5, discard }, ticket);
    },
    discard,
  };
}

/** A finished temporary file. */
export interface Content {
  readonly path: string;
  readonly inode: bigint;
  /** Undefined: not computed. */
  readonly md5: string | undefined;
}

/** What it becomes. */
export type Destination = Pick<PutOrder, 'container' | 'key' | 'about' | 'precondition'>;

export function putChange(
  store: Store,
  folders: Folders,
  order: Destination,
  content: Content & Pick<Temporary, 'discard'>,
  ticket: Ticket,
): Change {
  const container = `${store.root}/${order.container}`;
  return {
    ticket,
    contents: [store.dirty(container, content.path)],
    publish() {
      const changed = new Set<string>();
      const { stat, record } = publish(store, folders, order, content, changed);
      store.writableRecords().put(order.container, order.key, record);
      keepFolderTimes(store, order.container, changed);
      return {
        answer: describeObject(order.key, stat, record),
        dirty: [...changed].map((path) => store.dirty(container, path)),
      };
    },
    discard: () => content.discard(),
  };
}

/**
 * For the holder of the lock, who writes the record down that it returns. Adds to `changed` the folders whose entries are others
 * now.
 */
export function publish(
  store: Store,
  folders: Folders,
  order: Destination,
  { path, inode, md5 }: Content,
  changed: Set<string>,
): { readonly stat: BigIntStats; readonly record: ObjectRecord } {
  const { key, about, precondition } = order;
  const container = store.container(order.container);
  const target = `${container}/${key}`;
  checkPrecondition(precondition, key, () => {
    const stat = statEntry(target);
    const known = store.writableRecords().get(order.container, key);
    return stat?.isFile() ? describeObject(key, stat, validRecord(stat, known)).etag : undefined;
  });

  if (store.incoming(container).foldsNames) refuseCaseCollision(container, key);
  moveIntoPlace(store, folders, order, path, changed);

  const stat = statEntry(target);
  if (stat?.ino !== inode)
    throw new Refusal({
      kind: 'unstable',
      key,
      problem: 'was replaced by another program as it was stored',
    });
  failpoint('local: object renamed, its record not written');
  return { stat, record: { file: versionOf(stat), md5, about } };
}

function moveIntoPlace(
  store: Store,
  folders: Folders,
  { container: name, key, precondition }: Destination,
  temporary: string,
  changed: Set<string>,
): void {
  const container = store.container(name);
  const ifAbsent = precondition !== undefined && 'ifAbsent' in precondition;
  let tries = 0;
  const first = () => store.emptyFolders.expect(name, [key]);
  const prepare = () => {
    tries += 1;
    if (tries > 1) folders.forget();
    if (tries > 1 && !statEntry(container)?.isDirectory())
      throw new Refusal({ kind: 'no-container', container: name });
    for (const folder of folders.make(container, key, first)) changed.add(folder);
  };
  try {
    const isKept = (path: string) => isFolderObject(store, name, path);
    renameIntoPlace(temporary, `${container}/${key}`, key, ifAbsent, { prepare, isKept });
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    store.isMount(container);
    const problem =
      'was not stored: its container is a mount of its own, where temporary files go from now on; try again';
    throw new Refusal({ kind: 'unstable', key, problem });
  }
  changed.add(parentOf(container, key));
}
