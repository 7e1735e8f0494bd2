import type { Clock } from '../clock.js';
import type { CallEvent, RemovedEvent } from '../telemetry/events.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { type LastMinute, openLastMinute } from './last-minute.js';

/** How the calls to one target go; plain JSON. */
export interface TargetStatus {
  readonly target: string;
  /** Calls that may be under way at once: now, which is fewer after the provider has throttled, and at the most. */
  readonly atOnce: { readonly now: number; readonly most: number };
  /** Of the calls that have ended, each attempt by itself. */
  readonly lastMinute: {
    readonly calls: number;
    readonly failed: number;
    /** Of the failed ones, those that the provider refused because there were too many. */
    readonly throttled: number;
    /** Of content, sent and received. */
    readonly bytes: number;
    /** Waits of calls, or of pieces of content, for the configured `request_rate` and `bandwidth`. */
    readonly waits: number;
    /** Their times, added up: of several at once more than a minute. */
    readonly waitSeconds: number;
  };
}

/** Derives the status of the targets from telemetry, from its opening on. */
export interface TargetMeter {
  /** In the order in which the targets were opened. */
  status(): readonly TargetStatus[];
  close(): void;
}

const COUNTED = ['calls', 'failed', 'throttled', 'bytes', 'waits', 'waitMs'] as const;

interface Metered {
  readonly lastMinute: LastMinute<(typeof COUNTED)[number]>;
  atOnce: TargetStatus['atOnce'];
}

export function createTargetMeter(
  telemetry: Telemetry,
  clock: Pick<Clock, 'monotonic'>,
): TargetMeter {
  const targets = new Map<string, Metered>();
  const close = telemetry.listen(['call', 'call-limit', 'wait', 'removed'], (event) => {
    if (event.event === 'removed') return forget(event);
    const metered = targets.get(event.target);
    if (event.event === 'call-limit') {
      const atOnce = { now: event.calls, most: event.most };
      if (metered) metered.atOnce = atOnce;
      else targets.set(event.target, { lastMinute: openLastMinute(COUNTED, clock), atOnce });
    } else if (event.event === 'call') metered && countCall(metered, event);
    else metered && countWait(metered, event.ms);
  });
  function forget({ what, name }: RemovedEvent): void {
    if (what === 'target') targets.delete(name);
  }

  return {
    close,
    status: () => [...targets].map(([target, metered]) => statusOf(target, metered)),
  };
}

function countCall({ lastMinute }: Metered, { bytes, error }: CallEvent): void {
  lastMinute.add('calls', 1);
  if (bytes !== null) lastMinute.add('bytes', bytes);
  if (error !== null) lastMinute.add('failed', 1);
  if (error === 'ThrottledError') lastMinute.add('throttled', 1);
}

function countWait({ lastMinute }: Metered, ms: number): void {
  lastMinute.add('waits', 1);
  lastMinute.add('waitMs', ms);
}

function statusOf(target: string, { lastMinute, atOnce }: Metered): TargetStatus {
  const { waitMs, ...sums } = lastMinute.sums();
  return { target, atOnce, lastMinute: { ...sums, waitSeconds: waitMs / 1_000 } };
}
