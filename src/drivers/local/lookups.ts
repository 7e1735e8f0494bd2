import type { BigIntStats } from 'node:fs';
import { systemClock } from '../../clock.js';
import { packObjects } from '../packed-objects.js';
import { Refusal } from './failure.js';
import { statObject } from './folders.js';
import { listFiles, type ReadEntries } from './listing.js';
import { isFolderKey } from './names.js';
import {
  type BarePage,
  bareObject,
  describeObject,
  validRecord,
  type WireObject,
  writeObjects,
} from './object.js';
import type { ListOrder, ObjectPage } from './protocol.js';
import type { StoredRecord } from './record.js';
import type { Store } from './store.js';

export interface FoundFile {
  readonly key: string;
  readonly stat: BigIntStats;
  /** Undefined for a file that others put there or have changed. */
  readonly record: StoredRecord | undefined;
}

/** Refuses when there is no such container or object. */
export function findObject(store: Store, container: string, key: string): FoundFile {
  const find = (): FoundFile => {
    const found = findNow(store, container, key);
    if (found === undefined) throw new Refusal({ kind: 'no-object', key });
    return found;
  };
  const found = find();
  return isUnexplained(found) ? underLock(store, find) : found;
}

export function headObject(store: Store, container: string, key: string): WireObject {
  const { stat, record } = findObject(store, container, key);
  return describeObject(key, stat, record);
}

export function listObjects(store: Store, read: ReadEntries, order: ListOrder): ObjectPage {
  const { found, next } = list(store, read, order);
  return {
    objects: writeObjects(found.map(({ key, stat, record }) => describeObject(key, stat, record))),
    next,
  };
}

export function listBareObjects(store: Store, read: ReadEntries, order: ListOrder): BarePage {
  const { found, next } = list(store, read, order);
  return {
    objects: packObjects(found.map(({ key, stat, record }) => bareObject(key, stat, record))),
    next,
  };
}

function list(
  store: Store,
  read: ReadEntries,
  { container, prefix, after, range, size }: ListOrder,
): { readonly found: readonly FoundFile[]; readonly next: string | undefined } {
  const rest = { ...range, ...(after !== undefined && { after }) };
  const records = store.records();
  const recordOf = (key: string, stat: BigIntStats) =>
    validRecord(stat, records?.get(container, key));
  const reader = {
    read,
    isObject: (key: string, stat: BigIntStats) => recordOf(key, stat) !== undefined,
  };
  const { files, more } = listFiles(store.container(container), reader, prefix, rest, size);
  const found = files.map(({ key, stat }) => ({ key, stat, record: recordOf(key, stat) }));
  return { found: explained(store, container, found), next: more ? files.at(-1)?.key : undefined };
}

/** Longer than any batch of another process is on its way from its renames to the commit of its records. */
const YOUNG_MS = 60_000;

/** A new file without a record may be one that another process has just put there, and is about to write down. */
function isUnexplained({ stat, record }: FoundFile): boolean {
  return record === undefined && systemClock.now() - Number(stat.ctimeNs / 1_000_000n) < YOUNG_MS;
}

/** Stats files without a record again, while no change is under way. */
function explained(
  store: Store,
  container: string,
  found: readonly FoundFile[],
): readonly FoundFile[] {
  if (!store.records()?.writable || !found.some(isUnexplained)) return found;
  return underLock(store, () =>
    found.flatMap((one) => (isUnexplained(one) ? (findNow(store, container, one.key) ?? []) : one)),
  );
}

/** Undefined when there is no such object. */
export function findNow(store: Store, container: string, key: string): FoundFile | undefined {
  const stat = statObject(store.container(container), key);
  if (stat === undefined) return undefined;
  const record = validRecord(stat, store.records()?.get(container, key));
  // A folder that no record names is only the way to what is in it.
  return record === undefined && isFolderKey(key) ? undefined : { key, stat, record };
}

function underLock<T>(store: Store, run: () => T): T {
  const records = store.records();
  return records?.writable ? records.exclusive(run) : run();
}
