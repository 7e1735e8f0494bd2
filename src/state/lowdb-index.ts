import { join } from 'node:path';
import { compareNames } from '../utf8-order.js';
import { openDocument } from './document.js';
import { StateDamagedError } from './errors.js';
import { indexEntry } from './index-entry.js';
import { inRange } from './name-key.js';
import type {
  IndexEntry,
  IndexRange,
  IndexView,
  ObjectName,
  ObjectRecord,
} from './object-index.js';
import type { RecordStore } from './record-store.js';
import { recordsFromJson, recordsToJson } from './records-json.js';

type Records = ReadonlyMap<ObjectName, ObjectRecord>;

export function lowdbFile(folder: string): string {
  return join(folder, 'index.json');
}

/**
 * The whole index in memory and in one JSON file that each commit rewrites: for small mirrors, and for people
 * who want to read it. @throws StateDamagedError, StateNewerError, StateUnavailableError
 */
export async function openLowdbStore(file: string): Promise<RecordStore> {
  const document = await openRecords(file);
  if (!document.existed) await document.update((records) => new Map(records)); // from now on, a missing file is a loss
  const ordered = orderedNames();
  return {
    engine: 'lowdb',
    get: (name) => document.readDurable().get(name),
    getAll(names) {
      const records = document.readDurable();
      return names.map((name) => records.get(name));
    },
    inodesOf(names) {
      const records = document.readDurable();
      return names.map(({ name }) => records.get(name)?.inode);
    },
    entries: (range) => entriesOf(document.readDurable(), ordered, range),
    *namesOfInode(inode) {
      const records = document.readDurable();
      for (const name of ordered(records)) if (records.get(name)?.inode === inode) yield name;
    },
    nameAfter(after, count) {
      const names = ordered(document.readDurable());
      const before = after === undefined ? 0 : firstAfter(names, after);
      return names[before + count - 1];
    },
    count: () => document.readDurable().size,
    commit: (changes) =>
      document.update((before) => {
        const records = new Map(before);
        for (const { name, put } of changes) {
          if (put === undefined) records.delete(name);
          else records.set(name, put.record);
        }
        return records;
      }),
    close: () => document.close(),
  };
}

/** A frozen view for another thread: what the file says now. */
export async function openLowdbView(file: string): Promise<IndexView> {
  const document = await openRecords(file);
  if (!document.existed)
    throw new StateDamagedError(file, 'is gone, so there is no index to look at');
  const records = document.read();
  const ordered = orderedNames();
  return {
    get: (name) => records.get(name),
    entries: (range = {}) => viewEntries(records, ordered, range),
    close: () => document.close(),
  };
}

function* viewEntries(...from: Parameters<typeof entriesOf>): Generator<IndexEntry> {
  for (const [name, record] of entriesOf(...from)) yield indexEntry(name, record);
}

function openRecords(file: string) {
  return openDocument<Records>(file, {
    initial: new Map(),
    toJson: recordsToJson,
    fromJson: (json) => recordsFromJson(json, file),
  });
}

function* entriesOf(
  records: Records,
  ordered: (records: Records) => readonly ObjectName[],
  range: IndexRange,
): Generator<readonly [ObjectName, ObjectRecord]> {
  for (const name of ordered(records)) {
    const record = records.get(name);
    if (record !== undefined && inRange(name, range)) yield [name, record];
  }
}

/** The index of the first name that comes after this one. */
function firstAfter(names: readonly ObjectName[], name: ObjectName): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareNames(names[middle] ?? '', name) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The names in order; sorted again only when the records change. */
function orderedNames(): (records: Records) => readonly ObjectName[] {
  let sorted: readonly ObjectName[] = [];
  let of: Records | undefined;
  return (records) => {
    if (records !== of) {
      sorted = [...records.keys()].sort(compareNames);
      of = records;
    }
    return sorted;
  };
}
