import type { PastRun } from '../state/ledger.js';
import type { ObjectRecord } from '../state/object-index.js';
import type { MirrorStatus } from '../sync/events.js';
import type { Guard } from '../sync/guard/guard.js';
import type { MirrorSettings } from '../sync/mirror-settings.js';
import type { Since } from '../sync/moment.js';
import type { DueRun } from '../sync/run.js';
import type { AskedVerifyStatus, ReadBackShare } from '../sync/verify-status.js';
import type { Exclusions, RulePlace } from '../watcher/exclusion.js';
import type { ExplainedObject } from './explain-object.js';
import type { GuardControl } from './guard-control.js';
import type { TrashAnswer } from './schema-mirror.js';

/** What waits for a mirror; see MirrorFigures. */
export interface QueueFigures {
  readonly queued: number;
  readonly queuedBytes: number;
  readonly byJob: Readonly<Record<string, number>>;
  next(limit: number): readonly string[];
  pendingSince(name: string): Since | undefined;
  readonly source: SourceFigures | undefined;
  readonly excludedJump: { readonly more: number; readonly sinceMs: number } | undefined;
  readonly unfinishedUploads: number;
}

/** What the last scan of the whole source has found. */
export interface SourceFigures {
  readonly bytes: number;
  readonly exclusions: Exclusions;
  readonly excludedObjects: number;
}

/** One mirror of a running daemon, as its routes see it. */
export interface MirrorControl {
  readonly settings: Pick<MirrorSettings, 'name' | 'target'> & {
    /** A larger lag counts as behind; missing: the default. */
    readonly lagTargetSeconds?: number;
  };
  status(): MirrorStatus;
  figures(): QueueFigures;
  /** Where a rule stands, for people: `FILE:LINE`, or the setting where the line is not known. */
  placeOf(place: RulePlace): Promise<string>;
  readonly guard: GuardControl & Pick<Guard, 'heldVersion'>;
  /** Makes this run as soon as the one before has ended. False: the mirror waits, and begins with a scan of everything. */
  requestRun(run: DueRun): boolean;
  /** See Mirror.retryNow. */
  retryNow(name?: string): Promise<number>;
  /** Milliseconds since the epoch; null: neither the mirror nor its target is paused. */
  pausedUntilMs(): number | null;
  /** What is true of an object now. Rejects with SourceMissingError where the source is not there. */
  explained(name: string): Promise<ExplainedObject>;
  recordOf(name: string): ObjectRecord | undefined;
  /** Names of its objects, in the order of the index; only those after this one. */
  namesAfter(after: string | undefined): Iterable<string>;
  /** Why the target counts as down; undefined: it is up. */
  targetTrouble(): string | undefined;
  /** Makes one small request to the target. Rejects as the driver does. */
  probeTarget(signal: AbortSignal): Promise<void>;
  /** Comparisons and readings of before, the latest last. */
  pastRuns(): readonly PastRun[];
  /** Lists the trash. Rejects as the driver does. */
  trash(signal: AbortSignal): Promise<TrashAnswer>;
  /** What went to the trash under this name at this moment; undefined: nothing did. Rejects as the driver does. */
  trashed(name: string, atMs: number, signal: AbortSignal): Promise<TrashedContent | undefined>;
  /** See AskedVerify. */
  readonly askedVerify: {
    begin(share: ReadBackShare): 'begun' | 'busy' | 'waiting';
    stop(): boolean;
    status(): AskedVerifyStatus | null;
  };
  /** Whether the source is what deletes may rest on, as far as that can be seen now. */
  sourceNow(): SourceNow;
  /** Whether anything is at a path of the source; undefined: that cannot be seen. */
  isInSource(path: string): boolean | undefined;
}

/** One object of a trash. */
export interface TrashedContent {
  readonly bytes: number;
  /** Its content, compared with the provider's checksum on the way. To be read once. */
  content(): AsyncGenerator<Uint8Array, void>;
}

/** What a source looks like now. */
export interface SourceNow {
  /** Why nothing may be deleted; undefined: the folder is the one that was mirrored, and it is not empty. */
  readonly veto: string | undefined;
  /** What the file system of the folder is known by; undefined: by nothing of its own. */
  readonly fileSystem: string | undefined;
}
