/** What one run over a mirror did; the numbers of the summary line. */
export interface RunReport {
  readonly startedAtMs: number;
  readonly seconds: number;
  readonly scanned: number;
  readonly uploaded: number;
  readonly copied: number;
  readonly deleted: number;
  readonly adopted: number;
  /** Objects that were given other metadata, with the content that they have. */
  readonly refreshed?: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly skipped: number;
  readonly held: number;
  readonly bytes: number;
  /** Objects without a file that stay, as the mirror says; none when it is not there. */
  readonly kept?: number;
}

/** The source as it was first seen; another one under the same path stops deletes until it is accepted. */
export interface SourceIdentity {
  /** Decimal text, since JSON has no 64-bit integers. */
  readonly device: string;
  readonly inode: string;
  /** Of the file system; where it has none, as a network share, its type and name. Absent where neither can be had. */
  readonly fileSystemUuid?: string;
  /** When the folder was made, nanoseconds since the epoch in decimal; absent where the file system does not keep that. */
  readonly birthTimeNs?: string;
  /** The file system's number (statfs f_fsid), in hex; absent where the others tell, or where it is none of its own. */
  readonly fsid?: string;
}

/** What a driver calls an upload in parts. */
export interface KeptToken {
  readonly driver: string;
  readonly container: string;
  readonly key: string;
  readonly opaque: string;
}

/** An upload in parts that was begun and neither completed nor aborted. */
export interface UnfinishedUpload {
  /** Missing: it was about to be begun, and nobody knows whether the provider has done so. */
  readonly token?: KeptToken;
  readonly partSize: number;
  /** The version of the file that is sent. Decimal text, since JSON has no 64-bit integers. */
  readonly source: {
    readonly size: number;
    readonly mtimeNs: string;
    readonly ctimeNs: string;
    readonly inode: string;
  } & {
    /** Of the content, in base64, where the metadata that it was begun with tells it. */
    readonly md5?: string;
  };
  readonly beganAtMs: number;
}

/** An upload in parts that nobody will go on with, until the provider has been told. */
export interface AbandonedUpload {
  /** Of the object, without the mirror's prefix. */
  readonly name: string;
  /** Missing: as of an unfinished one. */
  readonly token?: KeptToken;
  readonly beganAtMs: number;
}

/** A copy of an object that was overwritten while its file was not mirrored under its new name; names without the mirror's prefix. */
export interface SetAsideCopy {
  readonly name: string;
  /** Where the file of its content is now, and its inode: decimal text. */
  readonly neededBy: string;
  readonly inode: string;
}

/** An object given up until its file changes or its next try comes, over restarts too. */
export interface Quarantined {
  /** Class of the failure, as sync names it: `permission`, `busy`, … */
  readonly reason: string;
  readonly error: string;
  readonly attempts: number;
  /** Milliseconds since the epoch, as all times here. */
  readonly sinceMs: number;
  /** When the change was made that could not be mirrored; null: that is not known. Missing: at `sinceMs`. */
  readonly changedAtMs?: number | null;
  /** Not tried before, unless the file is another version by then. Missing: as soon as it is found to be due. */
  readonly nextTryMs?: number;
  /** The version of the file that failed, in sync's own words; missing when nobody could tell. */
  readonly version?: string;
}

/** When somebody last looked whether something in the trash has expired, by this machine's clock; milliseconds since the epoch. */
export interface TrashLook {
  readonly lookedAtMs: number;
  /** The clock had leapt ahead: nothing is purged before this. */
  readonly waitUntilMs?: number;
}

/** Deletes and overwrites of one stretch of time. */
export interface RecentSlot {
  /** Milliseconds since the first of them, counted back from when the ledger was written. */
  readonly beganAgoMs: number;
  readonly deletes: number;
  readonly overwrites: number;
}

/** Names of objects of which there is no record, as a number and a digest: a set that can be recognised. */
export interface NameSet {
  readonly count: number;
  readonly digest: string;
}

/** What the guard must not forget. Names that are held are in the index: see ObjectRecord.guarded. */
export interface GuardState {
  /** When `recent` was written, milliseconds since the epoch. */
  readonly asOfMs: number;
  /** Oldest first; a bounded number of slots. */
  readonly recent: readonly RecentSlot[];
  /** Deletes and suspicious overwrites are held, all of them, until somebody decides or nothing is held any more. */
  readonly holding?: { readonly sinceMs: number; readonly why: string };
  /** Extraneous objects whose deletes the last reconcile held. */
  readonly foreign?: NameSet;
  /** Extraneous objects that may be deleted, if a reconcile finds exactly these. */
  readonly foreignApproved?: NameSet;
  /** Extraneous objects that are to stay. */
  readonly foreignRejected?: NameSet;
}

/** The whole ledger: one small JSON document per mirror, meant to be read by people too. */
export interface LedgerDocument {
  /** Schema version. A newer one than this program knows is refused, never rewritten. */
  readonly version: 1;
  readonly mirror: string;
  /** Random, made once: a copy of this state has it too, and no other has. */
  readonly instance?: string;
  readonly source?: SourceIdentity;
  /** The file systems that were seen mounted inside the source, by the folders that they were mounted on. */
  readonly mounts?: Readonly<Record<string, SourceIdentity>>;
  /** Where the objects are that the index knows, as text: another place is begun anew. */
  readonly place?: string;
  /** Somebody has said that the source is meant to be empty; forgotten as soon as it is not. */
  readonly acceptedEmpty?: true;
  /** How often the mirror's place had changed hands when its lease was last taken: a lease that was found with less is from a copy of the target. */
  readonly fence?: number;
  /** An operator has said that the target is meant although it has nothing of this mirror in it; forgotten once it has. */
  readonly acceptedTarget?: true;
  /** What the target's driver found out about its provider, in the driver's own words. */
  readonly found?: string;
  /** True once a reconcile has finished on this index: until then nothing is deleted. */
  readonly reconciled: boolean;
  /** An object name about the middle of the source: where the next scan is cut for two threads. Only speed hangs on it. */
  readonly halfway?: string;
  readonly lastScan?: RunReport;
  readonly lastReconcile?: RunReport;
  readonly lastVerify?: RunReport;
  readonly trash?: TrashLook;
  /** What the mirror keeps of its files beside their content, and a number from 0 to 3 that changes with it; records have it, too. */
  readonly metadata?: { readonly epoch: number; readonly kept: readonly string[] };
  readonly guard?: GuardState;
  /** By object name (without the mirror's prefix). */
  readonly unfinishedUploads: Readonly<Record<string, UnfinishedUpload>>;
  readonly abandonedUploads?: readonly AbandonedUpload[];
  readonly setAside?: readonly SetAsideCopy[];
  readonly quarantined: Readonly<Record<string, Quarantined>>;
}

export interface Ledger {
  /** The document as it is now; never undefined, never half written. */
  read(): LedgerDocument;
  /** Replaces fields. Resolves when the new document is durable; updates of the same moment share one write. */
  update(change: (document: LedgerDocument) => LedgerDocument): Promise<void>;
  close(): Promise<void>;
}
