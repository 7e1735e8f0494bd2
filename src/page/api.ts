import type { ConfigAnswer } from '../status/schema-config.js';
import type { DaysAnswer, LagAnswer, ThroughputAnswer } from '../status/schema-history.js';
import type { MirrorAnswer, TrashAnswer } from '../status/schema-mirror.js';
import type { NotificationRow } from '../status/schema-notifications.js';
import type { ProcessAnswer } from '../status/schema-process.js';
import type { ReloadPreview } from '../status/schema-reload.js';
import type { SearchAnswer } from '../status/schema-search.js';
import type { TargetRow } from '../status/schema-targets.js';
import type { VerifyAnswer } from '../status/schema-verify.js';
import type { MirrorState } from '../sync/events.js';

// What the page reads of the answers below /api/v1: fewer members than they have. Times are milliseconds since the epoch.
// A member that may be missing belongs to an answer of another version; then the page leaves its element out.

export interface ApiStatus {
  readonly version: string;
  readonly host: string;
  readonly nowMs: number;
  /** Where the stream of events goes on after this answer. */
  readonly eventId?: string;
  /** The oldest `currentToMs` of all mirrors; null: of some mirror it is not known. */
  readonly currentToMs: number | null;
  readonly pid?: number;
  readonly startedAtMs?: number;
  readonly configFile?: string;
  readonly attention: readonly Attention[];
  readonly mirrors: readonly MirrorSummary[];
}

/** Something that is not as it should be, ranked by the server: the most urgent is the first. */
export interface Attention {
  readonly kind: string;
  readonly mirror?: string | null;
  readonly target?: string | null;
  /** It waits for a person. */
  readonly needsYou: boolean;
  readonly text: string;
  /** What that means for the files. */
  readonly detail?: string;
  readonly sinceMs: number | null;
  /** A command that helps. */
  readonly command?: string;
}

/** A state of the sync, or one that only the status knows. */
export type ShownState = MirrorState | 'behind' | 'paused' | 'deletes-held' | 'stopped';

export interface MirrorSummary {
  readonly mirror: string;
  readonly target: string;
  readonly state: ShownState;
  readonly why: string;
  readonly sinceMs?: number | null;
  readonly currentToMs: number | null;
  /** Null: a scan is still to find what has changed. */
  readonly lagSeconds: number | null;
  /** Null: the configuration names no target. */
  readonly lagTargetSeconds?: number | null;
  readonly objects: number;
  readonly bytes?: number | null;
  readonly queued: number;
  readonly queuedBytes?: number | null;
  readonly emptyAtMs?: number | null;
  readonly pausedUntilMs?: number | null;
  readonly held: number;
  readonly quarantined: number;
  readonly running?: number;
  /** From 0 to 1; null: the mirror does not read objects back, or has not looked yet. */
  readonly readBackShare?: number | null;
  readonly lastReconcile?: Comparison | null;
}

export interface Comparison {
  readonly startedAtMs: number;
  readonly seconds: number;
  readonly differences: number;
}

export interface RunningJob {
  readonly job: string;
  readonly name: string;
  readonly bytes: number;
  readonly seconds?: number;
  /** Of a batch: how many objects it has. */
  readonly objects?: number;
  /** Bytes that the target has confirmed. */
  readonly sent?: number;
  readonly parts?: readonly [sent: number, all: number];
  readonly bytesPerSecond?: number | null;
}

export interface MirrorDetail {
  readonly mirror: string;
  readonly source: string;
  readonly container: string;
  readonly prefix: string;
  readonly deletes: 'mirror' | 'trash' | 'keep';
  readonly running: readonly RunningJob[];
  readonly excluded: MirrorAnswer['excluded'];
  readonly unfinishedUploads: number;
  readonly lease: { readonly held: boolean; readonly renewedAtMs: number | null } | null;
  readonly lastScan: { readonly startedAtMs: number; readonly seconds: number } | null;
  readonly watch: {
    readonly engine: string;
    readonly directories: number;
    readonly losses: number;
    readonly degraded: readonly { readonly under: string; readonly why: string }[];
  } | null;
}

export type LagSeries = LagAnswer;
export type Day = DaysAnswer['days'][number];
export type DayKind = Day['worst'];
export type ThroughputSeries = ThroughputAnswer;

export interface Queue {
  readonly queued: number;
  readonly bytes?: number | null;
  readonly byJob?: Readonly<Record<string, number>>;
  readonly next?: readonly string[];
}

export interface QuarantinedObject {
  readonly name: string;
  readonly class: string;
  readonly error: string;
  readonly advice?: string;
  readonly attempts: number;
  readonly sinceMs: number;
  readonly nextTryMs: number | null;
}

export interface ApiTarget {
  readonly target: string;
  readonly driver?: string;
  readonly state: 'up' | 'down' | 'paused';
  readonly why?: string;
  readonly sinceMs?: number | null;
  readonly nextProbeMs?: number | null;
  readonly bytesPerSecond?: number;
  readonly limit?: { readonly bytesPerSecond: number; readonly untilMs?: number | null } | null;
  readonly latencySeconds?: { readonly p50: number | null; readonly p99: number | null } | null;
  readonly errors24h?: Readonly<Record<string, number>>;
  /** Null: it is not kept. */
  readonly month?: TargetRow['month'];
  readonly requestsPerSecond?: number;
  readonly requestRate?: number | null;
}

export interface Change {
  readonly id: string;
  readonly atMs: number;
  readonly job: string;
  readonly outcome: string;
  readonly mirror: string;
  readonly name: string;
  readonly bytes: number | null;
  readonly seconds: number | null;
  readonly attempt?: number;
  readonly error?: string;
}

export interface HeldChanges {
  readonly mirror?: string;
  readonly id: string;
  readonly sinceMs: number | null;
  readonly why: string;
  readonly deletes: number;
  readonly overwrites: number;
  readonly extraneous: number;
  readonly trigger?: readonly { readonly atMs: number | null; readonly text: string }[];
  readonly checks?: readonly { readonly ok: boolean; readonly text: string }[];
  readonly confirm?: { readonly approve: string; readonly reject: string };
  readonly confirmUntilMs?: number;
}

export interface HeldObjects {
  readonly objects: readonly {
    readonly name: string;
    readonly change: 'delete' | 'overwrite';
    readonly bytes?: number | null;
  }[];
  readonly folders?: readonly {
    readonly name: string;
    readonly held: number;
    readonly of: number;
    readonly bytes: number;
  }[];
  readonly more: boolean;
}

export interface WhyStep {
  readonly step: string;
  readonly atMs?: number | null;
  readonly text?: string;
  readonly job?: string;
  readonly why?: string;
  readonly number?: number;
  readonly error?: string;
  readonly etag?: string;
  readonly versionId?: string;
}

export interface Why {
  readonly mirror: string;
  readonly name: string;
  readonly summary?: string;
  readonly steps: readonly WhyStep[];
}

export type Verify = VerifyAnswer;

export type Trash = TrashAnswer;

export type Found = SearchAnswer;
export type Notification = NotificationRow;
export type Config = ConfigAnswer;
export type Process = ProcessAnswer;
export type Preview = ReloadPreview;
