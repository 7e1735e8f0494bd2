import { keyOf } from './name-key.js';
import type { IndexRange, ObjectName, ObjectRecord } from './object-index.js';
import { encodeRecord } from './record-codec.js';

/** What a name gets: a record, in both of its forms, or none. */
export interface NewRecord {
  readonly name: ObjectName;
  /** The name, as `keyOf` gives it. */
  readonly key: Buffer;
  readonly put: { readonly record: ObjectRecord; readonly bytes: Buffer } | undefined;
}

/** A write of one name to a store. */
export interface Change extends NewRecord {
  /** Inode of the record that the name has in the store when this is committed; undefined: it has none. */
  readonly before: bigint | undefined;
}

/** @throws RangeError, TypeError for what cannot be kept */
export function newRecord(name: ObjectName, record: ObjectRecord | undefined): NewRecord {
  const key = keyOf(name);
  return { name, key, put: record && { record, bytes: encodeRecord(record, key) } };
}

/** What an engine brings: reads of what is durable, and one atomic, durable commit at a time. */
export interface RecordStore {
  readonly engine: 'lmdb' | 'lowdb';
  get(name: ObjectName): ObjectRecord | undefined;
  /** `get` of each, in their order. Where the store has none of many names that ascend, they cost little. */
  getAll(names: readonly ObjectName[]): readonly (ObjectRecord | undefined)[];
  /** The inode of each name's record, in their order; undefined: it has none. Costs as `getAll`, and decodes nothing. */
  inodesOf(names: readonly Pick<NewRecord, 'name' | 'key'>[]): readonly (bigint | undefined)[];
  /** In the order of the names' UTF-8 bytes, as they were when the iteration began. */
  entries(range: IndexRange): Iterable<readonly [ObjectName, ObjectRecord]>;
  namesOfInode(inode: bigint): Iterable<ObjectName>;
  /** As `ObjectIndex.nameAfter`. */
  nameAfter(after: ObjectName | undefined, count: number): ObjectName | undefined;
  count(): number;
  /** All of it or, when this rejects, nothing; each name once. Never called again before it has settled. */
  commit(changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
}
