import type { LeaseStatus } from '../lease/lease.js';
import type { RunReport } from '../state/ledger.js';
import type { ObjectName } from '../state/object-index.js';
import type { WatchState } from '../watcher/watcher.js';
import type { Planned } from './evidence.js';
import type { CollectedReports, MirrorHealth, OpenFinding, VerifyStatus } from './verify-status.js';

/** `apply`: what a plan says, without a comparison. */
export type RunKind = 'scan' | 'reconcile' | 'apply';

export type JobKind =
  | 'upload_object'
  | 'copy_object'
  | 'delete_object'
  | 'adopt'
  | 'refresh_metadata'
  | 'forget';

/** Why something in the source (or in the container) is skipped. */
export type SkipReason =
  | 'unreadable'
  | 'vanished'
  | 'special-file'
  | 'name-not-utf8'
  | 'name-too-long'
  | 'name-clash'
  | 'name-refused'
  | 'link-skipped'
  | 'link-dangling'
  | 'link-loop'
  | 'link-outside'
  | 'other-file-system'
  | 'not-mounted'
  /** Nothing is skipped: a line of an ignore file does not leave out what it was meant to. */
  | 'pattern-malformed'
  | 'too-large'
  | 'extraneous'
  | 'overwrite-refused'
  | 'delete-withheld'
  /** The object was read back and is not what was sent, or is missing, and its file has not that content any more. */
  | 'object-damaged'
  | 'object-missing'
  /** The plan that is applied was made on other evidence. */
  | 'plan-outdated'
  /** The object is new. Its old content is not in the trash, because the provider refuses to read and to copy it (an archive). */
  | 'not-in-trash'
  /** Only extended attributes, or ACLs, of the file are not with its object. */
  | 'attributes-skipped';

/**
 * The events of sync, in order. Log, progress display, `--json` output, metrics and status are listeners; sync
 * knows none of them. Each event is plain JSON.
 */
export type SyncEvent = { readonly mirror: string } & (
  | { readonly event: 'run-started'; readonly run: RunKind; readonly why: string }
  /** In a dry run, instead of `done`: what would be done. */
  | {
      readonly event: 'planned';
      readonly job: JobKind;
      readonly name: ObjectName;
      readonly why: string;
      readonly bytes: number;
      /** In a run that makes a plan. */
      readonly planned?: Planned;
    }
  | {
      readonly event: 'done';
      readonly job: JobKind;
      readonly name: ObjectName;
      readonly why: string;
      readonly bytes: number;
      readonly seconds: number;
      readonly planned?: Planned;
    }
  | {
      readonly event: 'failed';
      readonly job: JobKind;
      readonly name: ObjectName;
      readonly error: string;
      readonly attempt: number;
      /** Milliseconds until the next try, or null: none by itself (one-shot). */
      readonly retryInMs: number | null;
      /** As happens every day (a log file that is written to), and has not happened for long. */
      readonly passing?: true;
    }
  | {
      readonly event: 'skipped';
      readonly path: string;
      readonly reason: SkipReason;
      readonly detail: string;
    }
  /** The guard does not let it pass: see Guard. */
  | {
      readonly event: 'held';
      readonly job: 'delete_object' | 'upload_object';
      readonly name: ObjectName;
    }
  /** The guard begins to hold, or opens. */
  | { readonly event: 'guard'; readonly holding: boolean; readonly why: string }
  | { readonly event: 'progress'; readonly progress: Progress }
  | {
      readonly event: 'run-finished';
      readonly run: RunKind;
      readonly report: RunReport;
      readonly complete: boolean;
    }
  /** An object was read back twice and is not what was sent, or is missing. `healing`: a job compares it with its file. */
  | {
      readonly event: 'damage-found';
      readonly name: ObjectName;
      readonly problem: 'missing' | 'damaged' | 'changed';
      readonly detail: string;
      readonly healing: boolean;
    }
  /** What another machine has read back, and has left in the container, is in the index. */
  | ({ readonly event: 'report-collected' } & Omit<CollectedReports, 'atMs'>)
  /** What a mirror is trusted by; now and then, from a daemon. */
  | ({ readonly event: 'mirror-health' } & MirrorHealth)
  /** What had been in the trash for long enough is gone for good. */
  | { readonly event: 'trash-purged'; readonly objects: number; readonly bytes: number }
  | { readonly event: 'state-changed'; readonly state: MirrorState; readonly why: string }
  | { readonly event: 'hint'; readonly paths: number; readonly rescan: string | null }
);

export interface Progress {
  readonly scanned: number;
  readonly jobsDue: number;
  readonly jobsDone: number;
  readonly bytesDue: number;
  readonly bytesDone: number;
}

export type MirrorState =
  | 'starting'
  | 'scanning'
  | 'transferring'
  | 'in-sync'
  /** It works, and its oldest change has waited for longer than `max_lag`. */
  | 'behind'
  /** All is done but what the guard holds. */
  | 'held'
  /** All is done but what failed repeatedly, or is refused, and is tried again. */
  | 'failing'
  /** All that is known is done, but some folders are not watched: changes in them are found by scans on a timer. */
  | 'degraded'
  /** A person has paused the mirror or its target: changes are seen, and wait until the pause ends. */
  | 'paused'
  /** The source is missing or unreadable: nothing is done until it is back. */
  | 'source-missing'
  /** The source is another folder than before, or empty: nothing is deleted or overwritten. */
  | 'source-changed'
  | 'target-down'
  /** The target held objects of this mirror, and is suddenly another one with nothing in it. */
  | 'target-changed'
  /** The target refuses every change: the credentials, or their rights, are not what they should be. */
  | 'target-denied'
  /** The target has no room. Deletes still go out. */
  | 'target-full'
  /** The lease cannot be renewed: nothing is written until it can. */
  | 'lease-lost'
  /** Another machine mirrors to this place: nothing is written until it is gone. */
  | 'target-held'
  /** The state folder cannot be read or written (its disk is full, …): nothing is done until it can. */
  | 'state-unavailable';

export type SyncObserver = (event: SyncEvent) => void;

/** The present state of one mirror; plain JSON. Times are milliseconds since the epoch, null when there was none. */
export interface MirrorStatus {
  readonly mirror: string;
  readonly source: string;
  readonly target: string;
  readonly container: string;
  readonly prefix: string;
  /** What becomes of objects whose files are gone. */
  readonly deletes: 'mirror' | 'trash' | 'keep';
  readonly state: MirrorState;
  readonly why: string;
  readonly objects: number;
  /** A scan is under way or due. */
  readonly scanning: boolean;
  readonly queued: number;
  /** Of the files of these jobs, as far as their sizes are known. */
  readonly queuedBytes: number;
  readonly running: readonly {
    readonly job: JobKind;
    readonly name: ObjectName;
    readonly bytes: number;
    readonly seconds: number;
    /** Of a batch: how many objects it has; `name` is the first of them. */
    readonly objects?: number;
    /** Of a file that goes in parts: bytes and parts that the provider has, and bytes a second, null before the first. */
    readonly sent?: number;
    readonly parts?: readonly [sent: number, all: number];
    readonly bytesPerSecond?: number | null;
  }[];
  readonly retrying: number;
  readonly quarantined: readonly {
    readonly name: ObjectName;
    /** Class of the failure: permission, unreadable, name, too-large, busy, hash-mismatch, access-denied, vanished, refused, failing. */
    readonly reason: string;
    readonly error: string;
    readonly attempts: number;
    readonly sinceMs: number;
    /** Null: once a scan finds it due. A changed file is tried at once. */
    readonly nextTryMs: number | null;
  }[];
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** Objects whose delete or overwrite waits for a person's decision. */
  readonly held: number;
  /** Why they are held; empty when none are. */
  readonly heldWhy: string;
  readonly heldSinceMs: number | null;
  /** The right to write to the mirror's place in the container; null where the mirror has no lease. */
  readonly lease: LeaseStatus | null;
  /**
   * Seconds since the oldest local change that is not yet durable in the container; 0 when there is none, null when that is
   * not known: a scan is still to find what has changed.
   */
  readonly lagSeconds: number | null;
  /** As configured; null: no lag makes the mirror `behind`. */
  readonly maxLagSeconds: number | null;
  readonly watch: WatchState | null;
  readonly lastScan: RunReport | null;
  readonly lastReconcile: RunReport | null;
  /** How its objects are read back; null: they are not. */
  readonly verify: VerifyStatus | null;
  /** The last report of another machine that was taken in; null: there was none since the start. */
  readonly lastReport: CollectedReports | null;
  /** Objects that were read back, are not what was sent, and have not been proven since. The latest. */
  readonly damaged: readonly OpenFinding[];
  readonly health: MirrorHealth;
  readonly totals: {
    readonly uploaded: number;
    readonly copied: number;
    readonly deleted: number;
    readonly failed: number;
    readonly bytes: number;
  };
}
