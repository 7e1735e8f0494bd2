/**
 * What is known of one object. `confirmed`: the provider's checksum was compared with `md5`, and the stat fields are
 * those of the file whose bytes were sent, taken before they were read. `sending`: the write-ahead mark; bytes may have
 * gone out, so the object may be there, be the one before, or not be there; the other fields are what was meant, but for
 * `etag`, which is that of the object of ours that was to be replaced.
 */
export interface ObjectRecord {
  readonly state: 'confirmed' | 'sending';
  readonly kind: 'file' | 'symlink';
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Hex digest of the bytes sent; the empty string while `sending` a stream whose digest is not known yet. */
  readonly md5: string;
  /** Milliseconds since the epoch when hashing began: a file modified close to it may have changed unseen (racy). */
  readonly hashedAtMs: number;
  readonly etag?: string;
  /** Bytes per part, when the object was sent in parts: a composite ETag can be computed again from it. */
  readonly partSize?: number;
  readonly versionId?: string;
  /** What the first bytes looked like when they were sent; undefined: like ordinary content, or nobody looked. */
  readonly looks?: 'random' | 'blank';
  /** Which settings of `metadata` its object was given: the number that the ledger has for them (LedgerDocument.metadata). Missing: 0. */
  readonly metadataEpoch?: number;
  /** What was decided of a change that the guard stopped; gone once the object has been seen to. */
  readonly guarded?: Guarded;
}

/**
 * `…-held`: the guard stopped this change, and somebody is to decide. `…-approved`: somebody said that it is meant.
 * `rejected`: somebody said that it is not: the object stays as it is, whatever became of the file, until the file is back.
 * Records are stored with the place in this list: what is new comes last.
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
  entries(range?: IndexRange): Iterable<readonly [ObjectName, ObjectRecord]>;
  /** Names whose record has this inode: what a file that appears under a new name may have been called before. */
  namesOfInode(inode: bigint): readonly ObjectName[];
  put(name: ObjectName, record: ObjectRecord): Promise<void>;
  /** A name that is not there is not an error. */
  remove(name: ObjectName): Promise<void>;
  count(): number;
  /** Resolves when everything written so far is durable and visible to other threads' views. */
  flush(): Promise<void>;
  /** Flushes first. A second call does nothing. */
  close(): Promise<void>;
}

/** What the file system tells of one version of a file. */
export type RecordedStat = Pick<ObjectRecord, 'kind' | 'size' | 'mtimeNs' | 'ctimeNs' | 'inode'>;

/** One record of a view, decoded only where that is asked for: a scan looks at millions that have not changed. */
export interface IndexEntry {
  readonly name: ObjectName;
  /** Throws StateDamagedError, as `get` does. */
  readonly record: ObjectRecord;
  /** When the bytes that the record is about were hashed; milliseconds since the epoch. */
  readonly hashedAtMs: number;
  readonly md5: string;
  readonly metadataEpoch: number;
  /** Whether the record is `confirmed`, has exactly this stat, and the guard says nothing of it. */
  isConfirmed(stat: RecordedStat): boolean;
}

/** What another thread reads: a frozen view, opened from `location` by `openIndexView`, untouched by later writes. */
export interface IndexView {
  entries(range?: IndexRange): Iterable<IndexEntry>;
  get(name: ObjectName): ObjectRecord | undefined;
  close(): Promise<void>;
}

/** Where an index is kept; plain data, so that it can be sent to a worker thread. */
export interface IndexLocation {
  readonly engine: 'lmdb' | 'lowdb';
  /** The mirror's own folder inside the state folder. */
  readonly folder: string;
}
