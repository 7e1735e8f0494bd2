import type { CallEvent } from '../telemetry/events.js';
import { CLASS_OF, receives } from '../telemetry/request-class.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { type CallCounts, MOST_CLASSES } from './calls-ring.js';

/** What was counted of a target since it was taken last. */
export interface TakenCalls extends CallCounts {
  readonly bytes: number;
  /** How often the provider asked for less. */
  readonly throttled: number;
}

/** Counts the calls to each target, from its opening on. */
export interface CallCount {
  /** What was counted since then, which stays. */
  peek(target: string): TakenCalls;
  take(target: string): TakenCalls;
  close(): void;
}

interface Counted {
  readonly requests: Map<string, number>;
  readonly errors: Map<string, number>;
  sentBytes: number;
  receivedBytes: number;
}

export function createCallCount(telemetry: Telemetry): CallCount {
  const targets = new Map<string, Counted>();
  const peek = (target: string) => takenOf(targets.get(target) ?? emptyCount());
  return {
    peek,
    take(target) {
      const taken = peek(target);
      targets.delete(target);
      return taken;
    },
    close: telemetry.listen(['call'], (event) => {
      const counted = targets.get(event.target) ?? emptyCount();
      targets.set(event.target, counted);
      count(counted, event);
    }),
  };
}

function emptyCount(): Counted {
  return { requests: new Map(), errors: new Map(), sentBytes: 0, receivedBytes: 0 };
}

function count(counted: Counted, { operation, bytes, error }: CallEvent): void {
  increment(counted.requests, CLASS_OF[operation]);
  if (receives(operation)) counted.receivedBytes += bytes ?? 0;
  else counted.sentBytes += bytes ?? 0;
  if (error !== null) increment(counted.errors, error);
}

function increment(counts: Map<string, number>, name: string): void {
  const key = counts.has(name) || counts.size < MOST_CLASSES ? name : 'other';
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function takenOf({ requests, errors, sentBytes, receivedBytes }: Counted): TakenCalls {
  return {
    requests: Object.fromEntries(requests),
    errors: Object.fromEntries(errors),
    sentBytes,
    receivedBytes,
    bytes: sentBytes + receivedBytes,
    throttled: errors.get('ThrottledError') ?? 0,
  };
}
