/** What one run over a mirror did; the numbers of the summary line. */
export interface RunReport {
  readonly startedAtMs: number;
  readonly seconds: number;
  readonly scanned: number;
  readonly uploaded: number;
  readonly copied: number;
  readonly deleted: number;
  readonly adopted: number;
  /** Objects whose metadata was replaced while their content stayed. */
  readonly refreshed?: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly skipped: number;
  readonly held: number;
  readonly bytes: number;
  /** Objects without a file that stay, as the mirror's `extraneous` says; missing when there is none. */
  readonly kept?: number;
  /** Bytes of the files that were scanned; missing: not known. */
  readonly scannedBytes?: number;
  /** Objects that stay because the filters exclude their files; missing when there is none. */
  readonly excluded?: number;
  /** Entries of the source that the filters exclude, a folder with all that is in it as one; missing when there is none. */
  readonly excludedEntries?: number;
}

/** What the filters excluded when the whole source was scanned. */
export interface ExcludedSample {
  readonly atMs: number;
  readonly entries: number;
  /** Objects that stay because their files are excluded. */
  readonly objects: number;
}

/** A comparison of the whole mirror with its container, or objects that were read back. */
export interface PastRun {
  readonly kind: 'reconcile' | 'read-back';
  /** A person asked for it; missing: it belongs to `verify`, and is what that has read on one day. */
  readonly asked?: true;
  readonly startedAtMs: number;
  readonly seconds: number;
  /** That were looked at. */
  readonly objects: number;
  /** Of these. */
  readonly bytes: number;
  readonly differences: number;
}

/** The identity of the source when it was first seen; another folder at the path stops deletes until it is accepted. */
export interface SourceIdentity {
  /** Decimal text, since JSON has no 64-bit integers. */
  readonly device: string;
  readonly inode: string;
  /** Identity of the file system; for one without a UUID, such as a network share, its type and name. Missing if unknown. */
  readonly fileSystemUuid?: string;
  /** Birth time of the folder, nanoseconds since the epoch in decimal; missing where the file system has none. */
  readonly birthTimeNs?: string;
  /** The file system's number (statfs f_fsid), in hex; missing where the other fields suffice or it is not its own. */
  readonly fsid?: string;
}

/** How a driver identifies a multipart upload. */
export interface KeptToken {
  readonly driver: string;
  readonly container: string;
  readonly key: string;
  readonly opaque: string;
}

/** A multipart upload that was begun and neither completed nor aborted. */
export interface UnfinishedUpload {
  /** Missing: the request to begin it went out, and its answer is unknown. */
  readonly token?: KeptToken;
  readonly partSize: number;
  /** The version of the file that is uploaded. Decimal text, since JSON has no 64-bit integers. */
  readonly source: {
    readonly size: number;
    readonly mtimeNs: string;
    readonly ctimeNs: string;
    readonly inode: string;
  } & {
    /** MD5 of the content, in base64, where the upload's metadata contains it. */
    readonly md5?: string;
  };
  readonly beganAtMs: number;
}

/** A multipart upload that no job continues, until the provider has aborted it. */
export interface AbandonedUpload {
  /** Name of the object, without the mirror's prefix. */
  readonly name: string;
  /** Missing: as for an unfinished upload. */
  readonly token?: KeptToken;
  readonly beganAtMs: number;
}

/** A copy of an object that was overwritten while its file was not mirrored under its new name; names without the mirror's prefix. */
export interface SetAsideCopy {
  readonly name: string;
  /** Path of the file that has its content now, and its inode: decimal text. */
  readonly neededBy: string;
  readonly inode: string;
}

/** An object that is quarantined until its file changes or its next retry; restarts keep it. */
export interface Quarantined {
  /** Class of the failure: `permission`, `busy`, ... */
  readonly reason: string;
  readonly error: string;
  readonly attempts: number;
  /** Milliseconds since the epoch, as all times of this document. */
  readonly sinceMs: number;
  /** When the change was made that could not be mirrored; null: unknown. Missing: at `sinceMs`. */
  readonly changedAtMs?: number | null;
  /** Not retried before this time, unless the file has another version by then. Missing: retried at the next scan. */
  readonly nextTryMs?: number;
  /** The version of the file that failed, as sync writes it; missing when it is unknown. */
  readonly version?: string;
}

/** When the trash was last searched for expired objects, by this machine's clock; milliseconds since the epoch. */
export interface TrashLook {
  readonly lookedAtMs: number;
  /** The clock had jumped ahead: nothing is purged before this time. */
  readonly waitUntilMs?: number;
}

/** The deletes and overwrites of one slot of time. */
export interface RecentSlot {
  /** Milliseconds from the first of them to the write of the ledger. */
  readonly beganAgoMs: number;
  readonly deletes: number;
  readonly overwrites: number;
}

/** Names of objects that have no record, as their number and a digest, so that the same set is recognised again. */
export interface NameSet {
  readonly count: number;
  readonly digest: string;
}

/** The state of the guard. The names that it holds are in the index: see ObjectRecord.guarded. */
export interface GuardState {
  /** When `recent` was written, milliseconds since the epoch. */
  readonly asOfMs: number;
  /** Oldest first; a bounded number of slots. */
  readonly recent: readonly RecentSlot[];
  /** The guard holds all deletes and suspicious overwrites, until an operator decides or none is left. */
  readonly holding?: { readonly sinceMs: number; readonly why: string };
  /** Extraneous objects whose deletes the last reconcile held. */
  readonly foreign?: NameSet;
  /** Extraneous objects that may be deleted, if a reconcile finds exactly these. */
  readonly foreignApproved?: NameSet;
  /** Extraneous objects that stay, as an operator rejected their deletes. */
  readonly foreignRejected?: NameSet;
}

/** The whole ledger: one small JSON document per mirror, which people can read too. */
export interface LedgerDocument {
  /** Schema version. A version newer than this program's is refused, and never rewritten. */
  readonly version: 1;
  readonly mirror: string;
  /** Random, made once. Copies of this state share it; any other state has another one. */
  readonly instance?: string;
  readonly source?: SourceIdentity;
  /** The file systems that were mounted inside the source, by the folders on which they were mounted. */
  readonly mounts?: Readonly<Record<string, SourceIdentity>>;
  /** Driver, target and prefix of the objects in the index, as text. Another value starts a new index. */
  readonly place?: string;
  /** An operator has confirmed that the source is empty; removed when it is no longer empty. */
  readonly acceptedEmpty?: true;
  /** The fence of the lease when it was last taken: a lease with a lower one is from a copy of the target. */
  readonly fence?: number;
  /** An operator has confirmed a target without known objects; removed when the target has one. */
  readonly acceptedTarget?: true;
  /** What the driver detected about its provider, in the driver's own format. */
  readonly found?: string;
  /** True once a reconcile has finished on this index: until then nothing is deleted. */
  readonly reconciled: boolean;
  /** An object name in the middle of the source: two threads share the next scan there. It affects only speed. */
  readonly halfway?: string;
  readonly lastScan?: RunReport;
  readonly lastReconcile?: RunReport;
  /** Comparisons and readings, the latest last; a bounded number. */
  readonly pastRuns?: readonly PastRun[];
  /** What was excluded within the last day, the latest last; a bounded number. */
  readonly excluded?: readonly ExcludedSample[];
  /** When the index snapshot in the container was made, milliseconds since the epoch; missing: there was none. */
  readonly snapshot?: { readonly madeAtMs: number };
  readonly trash?: TrashLook;
  /** The `metadata` setting, and a number from 0 to 3 that changes with it; records hold the number too. */
  readonly metadata?: { readonly epoch: number; readonly kept: readonly string[] };
  readonly guard?: GuardState;
  /** By object name (without the mirror's prefix). */
  readonly unfinishedUploads: Readonly<Record<string, UnfinishedUpload>>;
  readonly abandonedUploads?: readonly AbandonedUpload[];
  readonly setAside?: readonly SetAsideCopy[];
  readonly quarantined: Readonly<Record<string, Quarantined>>;
}

export interface Ledger {
  /** The present document; never undefined or half written. */
  read(): LedgerDocument;
  /** Replaces fields. Resolves when the new document is durable; concurrent updates share one write. */
  update(change: (document: LedgerDocument) => LedgerDocument): Promise<void>;
  close(): Promise<void>;
}
