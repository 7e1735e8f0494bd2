/**
 * The record of one object. `confirmed`: the provider's checksum was equal to that of the bytes sent, and the stat fields are
 * those of the file whose bytes were sent, taken before they were read. `sending`: the write-ahead mark; bytes may have
 * gone out, so the object may exist, be the previous one, or be missing; the other fields are the intended ones, except
 * `etag`, which is that of our object that was to be replaced.
 */
export interface ObjectRecord {
  readonly state: 'confirmed' | 'sending';
  readonly kind: 'file' | 'symlink' | 'folder';
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /**
   * Hex MD5 of the bytes sent, all in one; empty where it was not computed: while `sending` a stream, and of an upload in parts
   * that has `md5Parts`.
   */
  readonly md5: string;
  /** Hex MD5 of the MD5s (16 bytes each) of the parts of `partSize` bytes; the last part may be shorter. */
  readonly md5Parts?: string;
  /** Milliseconds since the epoch when hashing began: a file modified close to it may have changed unnoticed (racy). */
  readonly hashedAtMs: number;
  readonly etag?: string;
  /** Bytes per part, when the object was a multipart upload; there whenever `md5Parts` is. */
  readonly partSize?: number;
  readonly versionId?: string;
  /** Content class of the first bytes that were sent; undefined: plain, or not determined. */
  readonly looks?: 'random' | 'blank';
  /** The object says that its file has other names (hard links), and the inode of this record. */
  readonly hardLink?: true;
  /**
   * 16 hex digits of a digest over the extended attributes and ACLs that the object has of its file; missing where it has none.
   */
  readonly attributesDigest?: string;
  /** Number of the `metadata` setting that its object has (LedgerDocument.metadata). Missing: 0. */
  readonly metadataEpoch?: number;
  /**
   * When the object's bytes were last read back and matched the digest of what was sent: milliseconds since the epoch, by
   * this machine's clock. It is about this version of the object, and so is missing where no version with this ETag was.
   */
  readonly provenAtMs?: number;
  /** The decision about a change that the guard stopped; removed once the change was carried out or is gone. */
  readonly guarded?: Guarded;
}

/**
 * `…-held`: the guard stopped this change, and an operator has to decide. `…-approved`: an operator approved it.
 * `rejected`: an operator rejected it: the object stays unchanged, whatever happened to the file, until the file is back.
 * Records store the position in this list: append new values at its end.
 */
export const GUARDED = [
  'delete-held',
  'overwrite-held',
  'delete-approved',
  'overwrite-approved',
  'rejected',
] as const;
export type Guarded = (typeof GUARDED)[number];

/** An object's name below its mirror's prefix. */
export type ObjectName = string;

export interface IndexRange {
  /** Names that begin with this, compared byte by byte. */
  readonly prefix?: string;
  /** Only names after this one. */
  readonly after?: ObjectName;
  /** Only names up to this one, itself included. */
  readonly upTo?: ObjectName;
}

/**
 * One mirror's records. Reads see every earlier write of this process at once; a write's promise resolves when the
 * write is durable (writes of the same moment share one commit). Names are ordered as UTF-8 bytes.
 */
export interface ObjectIndex {
  readonly engine: 'lmdb' | 'lowdb';
  get(name: ObjectName): ObjectRecord | undefined;
  /** `get` of each, in their order. Many names that ascend, and have no record yet, cost little. */
  getAll(names: readonly ObjectName[]): readonly (ObjectRecord | undefined)[];
  entries(range?: IndexRange): Iterable<readonly [ObjectName, ObjectRecord]>;
  /** Names whose record has this inode: the possible former names of a file that appears under a new one. */
  namesOfInode(inode: bigint): readonly ObjectName[];
  put(name: ObjectName, record: ObjectRecord): Promise<void>;
  /**
   * Puts these records in one commit; one promise for all. Rejects before any of them is put when one cannot be kept
   * (RangeError, TypeError).
   */
  putAll(entries: readonly (readonly [ObjectName, ObjectRecord])[]): Promise<void>;
  /** Removing a missing name is not an error. */
  remove(name: ObjectName): Promise<void>;
  /** Removes these records in one commit; one promise for all. */
  removeAll(names: readonly ObjectName[]): Promise<void>;
  /**
   * The name that comes `count` places after this one (undefined: after the beginning); undefined: there are not so many. Costs
   * some 50 microseconds for 1,000 places, and keeps nothing open. An estimate: writes that are not durable yet are not counted.
   */
  nameAfter(after: ObjectName | undefined, count: number): ObjectName | undefined;
  count(): number;
  /** Resolves when all earlier writes are durable and visible to the views of other threads. */
  flush(): Promise<void>;
  /** Flushes first. A second call does nothing. */
  close(): Promise<void>;
}

/** The stat fields that identify one version of a file. */
export type RecordedStat = Pick<ObjectRecord, 'kind' | 'size' | 'mtimeNs' | 'ctimeNs' | 'inode'>;

/** One record of a view, decoded on demand: a scan compares millions of unchanged ones. */
export interface IndexEntry {
  readonly name: ObjectName;
  /** Throws StateDamagedError, as `get` does. */
  readonly record: ObjectRecord;
  /** When the recorded bytes were hashed; milliseconds since the epoch. */
  readonly hashedAtMs: number;
  readonly md5: string;
  readonly metadataEpoch: number;
  /** See ObjectRecord. */
  readonly provenAtMs: number | undefined;
  /** The record as record-codec.ts writes it. Throws StateDamagedError, as `get` does. */
  readonly encoded: Uint8Array;
  /** Whether the record is `confirmed`, has exactly this stat, and no decision of the guard. */
  isConfirmed(stat: RecordedStat): boolean;
}

/** What another thread reads: a frozen view that `openIndexView` opens from `location`. Later writes do not change it. */
export interface IndexView {
  entries(range?: IndexRange): Iterable<IndexEntry>;
  get(name: ObjectName): ObjectRecord | undefined;
  close(): Promise<void>;
}

/** Where an index is stored; plain data that can be sent to a worker thread. */
export interface IndexLocation {
  readonly engine: 'lmdb' | 'lowdb';
  /** The mirror's own folder inside the state folder. */
  readonly folder: string;
}
