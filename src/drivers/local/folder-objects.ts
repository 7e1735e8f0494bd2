import { utimesSync } from 'node:fs';
import { validRecord } from './object.js';
import { attributesOf, readAbout, type StoredRecord } from './record.js';
import type { Records } from './records.js';
import { statEntry } from './stat.js';

/*
 * An object whose name ends in "/" is the folder of that name: it is there while a record says so. Any other folder is only the
 * way to the files in it. It has no content.
 */

/** A root, and what is recorded of its objects. */
export interface RecordedRoot {
  readonly root: string;
  records(): Pick<Records, 'get'> | undefined;
}

/** Whether a folder, by its path, is an object of its own. */
export function isFolderObject(store: RecordedRoot, container: string, path: string): boolean {
  return recordOf(store, container, path) !== undefined;
}

function recordOf(
  { root, records }: RecordedRoot,
  container: string,
  path: string,
): StoredRecord | undefined {
  const stat = statEntry(path);
  const key = `${path.slice(root.length + container.length + 2)}/`;
  return stat?.isDirectory() ? validRecord(stat, records()?.get(container, key)) : undefined;
}

/** Gives folders that are objects their own times back, after an entry of theirs came or went. */
export function keepFolderTimes(
  store: RecordedRoot,
  container: string,
  changed: Iterable<string>,
): void {
  for (const path of changed) {
    const record = recordOf(store, container, path);
    if (record === undefined) continue;
    const { mtime } = attributesOf(readAbout(record.about).metaData);
    if (mtime !== undefined) utimesSync(path, mtime, mtime);
  }
}
