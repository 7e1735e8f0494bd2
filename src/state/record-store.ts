import { keyOf } from './name-key.js';
import type { IndexRange, ObjectName, ObjectRecord } from './object-index.js';
import { encodeRecord } from './record-codec.js';

/** A new record, in both of its forms, or a removal. */
export interface Change {
  /** The name, as `keyOf` gives it. */
  readonly key: Buffer;
  readonly put: { readonly record: ObjectRecord; readonly bytes: Buffer } | undefined;
}

/** @throws RangeError, TypeError for what cannot be kept */
export function changeOf(name: ObjectName, record: ObjectRecord | undefined): Change {
  const key = keyOf(name);
  return { key, put: record && { record, bytes: encodeRecord(record, key) } };
}

export type Changes = ReadonlyMap<ObjectName, Change>;

/** What an engine brings: reads of what is durable, and one atomic, durable commit at a time. */
export interface RecordStore {
  readonly engine: 'lmdb' | 'lowdb';
  get(name: ObjectName): ObjectRecord | undefined;
  has(name: ObjectName): boolean;
  /** In the order of the names' UTF-8 bytes, as they were when the iteration began. */
  entries(range: IndexRange): Iterable<readonly [ObjectName, ObjectRecord]>;
  namesOfInode(inode: bigint): Iterable<ObjectName>;
  /** As `ObjectIndex.nameAfter`. */
  nameAfter(after: ObjectName | undefined, count: number): ObjectName | undefined;
  count(): number;
  /** All of it or, when this rejects, nothing. Never called again before it has settled. */
  commit(changes: Changes): Promise<void>;
  close(): Promise<void>;
}
