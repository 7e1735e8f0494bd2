import type { IndexRange, ObjectName, ObjectRecord } from './object-index.js';

/** New records by name; undefined is a removal. */
export type Changes = ReadonlyMap<ObjectName, ObjectRecord | undefined>;

/** What an engine brings: reads of what is durable, and one atomic, durable commit at a time. */
export interface RecordStore {
  readonly engine: 'lmdb' | 'lowdb';
  get(name: ObjectName): ObjectRecord | undefined;
  has(name: ObjectName): boolean;
  /** In the order of the names' UTF-8 bytes, as they were when the iteration began. */
  entries(range: IndexRange): Iterable<readonly [ObjectName, ObjectRecord]>;
  namesOfInode(inode: bigint): Iterable<ObjectName>;
  count(): number;
  /** All of it or, when this rejects, nothing. Never called again before it has settled. */
  commit(changes: Changes): Promise<void>;
  close(): Promise<void>;
}
