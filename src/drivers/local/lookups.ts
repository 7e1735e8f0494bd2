import type { RecordCursor } from './database.js';
import { Refusal } from './failure.js';
import type { ReadEntries } from './folder-entries.js';
import { hasRealParents } from './folders.js';
import { type ListedFile, listFiles } from './listing.js';
import { describeObject } from './object.js';
import type { WireObject, WirePage } from './protocol.js';
import { look } from './stat.js';
import type { Store } from './store.js';

export function headObject(store: Store, container: string, key: string): WireObject {
  const folder = store.container(container);
  const stat = hasRealParents(folder, key) ? look(`${folder}/${key}`) : undefined;
  if (!stat?.isFile()) throw new Refusal({ kind: 'no-object', key });
  return describeObject(key, stat, store.records()?.get(container, key));
}

export function listObjects(
  store: Store,
  read: ReadEntries,
  container: string,
  prefix: string,
  after: string | undefined,
  size: number,
): WirePage<WireObject> {
  const { files, more } = listFiles(store.container(container), read, prefix, after, size);
  const items = withRecords(store, container, files);
  return { items, next: more ? files.at(-1)?.key : undefined };
}

/** Files and records come in one order, so that one pass over both is enough. */
function withRecords(store: Store, container: string, files: readonly ListedFile[]): readonly WireObject[] {
  const first = files[0];
  if (first === undefined) return [];
  const records: RecordCursor | undefined = store.records()?.cursor(container, first.key);
  try {
    return files.map(({ key, stat }) => describeObject(key, stat, records?.seek(key)));
  } finally {
    records?.close();
  }
}
