import { chmodSync, constants, copyFileSync, utimesSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { failpoint } from '../../failpoint.js';
import { isVersion, versionOf } from '../../file-stat.js';
import { sourceProblem } from '../copy-source.js';
import type { Change } from './change.js';
import { codeOf, Refusal } from './failure.js';
import type { Folders } from './folders.js';
import { type FoundFile, findObject } from './lookups.js';
import { describeObject, type WireObject } from './object.js';
import type { CopyOrder, Ticket } from './protocol.js';
import { type Destination, putChange } from './puts.js';
import { attributesOf, readAbout } from './record.js';
import { statEntry } from './stat.js';
import type { Store } from './store.js';
import { adoptTemporary } from './temporary.js';

/** Up to here a copy is made at once; a longer one would keep all other requests waiting. */
const COPIED_AT_ONCE = 1024 * 1024;

const { COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = constants;

/** Copies to another object; the change is ready when its bytes are. */
export async function copyChange(
  store: Store,
  folders: Folders,
  copy: CopyOrder,
  ticket: Ticket,
): Promise<Change> {
  const { from, to, replace } = copy;
  const source = findSource(store, copy);
  const sourcePath = pathOf(store, from);
  const container = store.container(to.container);
  store.writableRecords();
  const incoming = store.incoming(container);
  incoming.restore();
  const path = incoming.next();
  const temporary = adoptTemporary(path);
  try {
    await copyBytes(sourcePath, path, Number(source.stat.size));
    failpoint('local: copy written, not renamed');
    const after = statEntry(sourcePath);
    if (after === undefined || !isVersion(after, versionOf(source.stat))) {
      throw new Refusal({
        kind: 'unstable',
        key: from.key,
        problem: 'changed while it was copied',
      });
    }
    const { about, attributes, precondition } =
      replace ?? inherited(describeObject(from.key, source.stat, source.record));
    const order: Destination = { about, precondition, ...to };
    return putChange(
      store,
      folders,
      order,
      {
        path,
        inode: temporary.finish(attributes),
        md5: source.record?.md5,
        discard: () => temporary.discard(),
      },
      ticket,
    );
  } catch (error) {
    temporary.discard();
    throw error;
  }
}

/** Gives an object other metadata, where it is. The bytes and their digest stay. */
export function replaceMetaData(store: Store, copy: CopyOrder, ticket: Ticket): Change {
  const { from, to, replace } = copy;
  findSource(store, copy);
  return {
    ticket,
    contents: [],
    publish() {
      const { stat, record: known } = findSource(store, copy);
      if (replace === undefined)
        return { answer: describeObject(from.key, stat, known), dirty: [] };
      const path = pathOf(store, from);
      const { mtime, permissions } = replace.attributes;
      if (permissions !== undefined) chmodSync(path, permissions);
      if (mtime !== undefined) utimesSync(path, mtime, mtime);
      const after = statEntry(path);
      // A program that wrote to it meanwhile has made its digest wrong.
      const untouched =
        after?.ino === stat.ino &&
        after.size === stat.size &&
        (mtime !== undefined || after.mtimeNs === stat.mtimeNs);
      if (after === undefined) throw new Refusal({ kind: 'no-object', key: from.key });
      // A caller that names the very etag of a file without a record has read its content, and says what it is.
      const md5 = known?.md5 ?? (copy.expected?.etag === undefined ? undefined : copy.expected.md5);
      const record = {
        file: versionOf(after),
        md5: untouched ? md5 : undefined,
        about: replace.about,
      };
      store.writableRecords().put(to.container, to.key, record);
      return {
        answer: describeObject(to.key, after, record),
        dirty: [store.dirty(store.container(to.container), path)],
      };
    },
    discard: () => undefined,
  };
}

/** Refuses what is not there, and what is not as it was expected. */
export function findSource(store: Store, { from, expected }: CopyOrder): FoundFile {
  const found = findObject(store, from.container, from.key);
  const problem = sourceProblem(describeObject(from.key, found.stat, found.record), expected);
  if (problem !== undefined)
    throw new Refusal({
      kind: 'precondition',
      key: from.key,
      problem: `was not copied: it ${problem}`,
    });
  return found;
}

function inherited({ about }: WireObject): NonNullable<CopyOrder['replace']> {
  return { about, attributes: attributesOf(readAbout(about).metaData), precondition: undefined };
}

function pathOf(store: Store, { container, key }: CopyOrder['from']): string {
  return `${store.container(container)}/${key}`;
}

/** A clone where the file system can share the blocks, else bytes. */
async function copyBytes(from: string, to: string, size: number): Promise<void> {
  if (size <= COPIED_AT_ONCE) {
    copyFileSync(from, to, COPYFILE_EXCL | COPYFILE_FICLONE);
    return;
  }
  try {
    copyFileSync(from, to, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE);
  } catch (error) {
    if (
      !['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'ENOTTY', 'EXDEV'].includes(
        codeOf(error) ?? '',
      )
    )
      throw error;
    await copyFile(from, to, COPYFILE_EXCL);
  }
}
