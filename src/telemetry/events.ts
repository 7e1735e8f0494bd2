import type { Operation } from '../drivers/layers/operations.js';
import type { SyncEvent } from '../sync/events.js';

/**
 * What the program reports about itself: the events of sync, and those of the targets. A `hint` with a `rescan` says that
 * watch events may have been lost. Each event is plain JSON. Durations are in milliseconds, content in bytes.
 */
export type TelemetryEvent = SyncEvent | TargetEvent | PauseEvent | RemovedEvent;

export type TargetEvent = CallEvent | CallLimitEvent | WaitEvent;

/** One attempt of a call to a provider has ended; of a read, its stream. */
export interface CallEvent {
  readonly event: 'call';
  readonly target: string;
  readonly operation: Operation;
  /** From the begin of the attempt, without waits for the limits of the target, to its end. */
  readonly ms: number;
  /** Content that was sent or received; null: none, or not known. */
  readonly bytes: number | null;
  /** The class of the error that it failed with, such as `ThrottledError`; null: it did not fail. */
  readonly error: string | null;
}

/** How many calls of a target may be under way at once, when it is opened and whenever that has changed. */
export interface CallLimitEvent {
  readonly event: 'call-limit';
  readonly target: string;
  /** Fewer than `most` after the provider has throttled. */
  readonly calls: number;
  /** As configured. */
  readonly most: number;
}

/** A call, or a piece of content, has waited for the configured `request_rate` or `bandwidth` of its target. */
export interface WaitEvent {
  readonly event: 'wait';
  readonly target: string;
  readonly ms: number;
}

/** A pause of a mirror or a target begins, gets another end, or ends. */
export interface PauseEvent {
  readonly event: 'pause';
  readonly what: 'mirror' | 'target';
  readonly name: string;
  /** Milliseconds since the epoch; null: it has ended. */
  readonly untilMs: number | null;
}

/** A mirror or a target is not in the configuration any more, and has ended: what is known of it may be forgotten. */
export interface RemovedEvent {
  readonly event: 'removed';
  readonly what: 'mirror' | 'target';
  readonly name: string;
}

export type EventName = TelemetryEvent['event'];

export type EventNamed<N extends EventName> = Extract<TelemetryEvent, { readonly event: N }>;

/** The names of the events of sync. */
export const SYNC_EVENTS = Object.keys({
  'run-started': true,
  planned: true,
  done: true,
  failed: true,
  skipped: true,
  held: true,
  guard: true,
  progress: true,
  'run-finished': true,
  'damage-found': true,
  'report-collected': true,
  'mirror-health': true,
  'trash-purged': true,
  'state-changed': true,
  hint: true,
} satisfies Record<SyncEvent['event'], true>) as readonly SyncEvent['event'][];
