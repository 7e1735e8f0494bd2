import type { Clock } from '../clock.js';
import type { CallEvent } from '../telemetry/events.js';
import type { Telemetry } from '../telemetry/telemetry.js';

/** What became of the calls to a target. */
export interface TargetCallFigures {
  /** Undefined: there was no call. */
  readonly latencySeconds: { readonly p50: number; readonly p99: number } | undefined;
  /** Bytes of content in each of the last 60 minutes, the present one last. */
  readonly throughput: readonly number[];
}

/** Derived from telemetry, from its opening on. */
export interface TargetCalls {
  of(target: string): TargetCallFigures;
  close(): void;
}

/** Calls whose times the percentiles are taken from. */
const LATENCIES = 512;
const MINUTES = 60;
const MINUTE_MS = 60_000;

interface Kept {
  readonly latencies: Float32Array;
  calls: number;
  /** Bytes by minute, and the minute that each place is of. */
  readonly bytes: Float64Array;
  readonly minutes: Float64Array;
}

export function createTargetCalls(
  telemetry: Telemetry,
  clock: Pick<Clock, 'monotonic'>,
): TargetCalls {
  const targets = new Map<string, Kept>();
  const minuteNow = () => Math.floor(clock.monotonic() / MINUTE_MS);

  function keptOf(target: string): Kept {
    const known = targets.get(target);
    if (known !== undefined) return known;
    const fresh: Kept = {
      latencies: new Float32Array(LATENCIES),
      calls: 0,
      bytes: new Float64Array(MINUTES),
      minutes: new Float64Array(MINUTES).fill(-1),
    };
    targets.set(target, fresh);
    return fresh;
  }

  function note({ target, ms, bytes }: CallEvent): void {
    const kept = keptOf(target);
    const minute = minuteNow();
    kept.latencies[kept.calls % LATENCIES] = ms / 1_000;
    kept.calls += 1;
    if (bytes !== null) addBytes(kept, minute, bytes);
  }

  return {
    of(target) {
      const kept = keptOf(target);
      const minute = minuteNow();
      return {
        latencySeconds: percentiles(kept),
        throughput: Array.from({ length: MINUTES }, (_, at) => {
          const each = minute - MINUTES + 1 + at;
          const place = ((each % MINUTES) + MINUTES) % MINUTES;
          return kept.minutes[place] === each ? (kept.bytes[place] ?? 0) : 0;
        }),
      };
    },
    close: telemetry.listen(['call', 'removed'], (event) => {
      if (event.event === 'call') note(event);
      else if (event.what === 'target') targets.delete(event.name);
    }),
  };
}

function addBytes({ bytes, minutes }: Kept, minute: number, amount: number): void {
  const place = minute % MINUTES;
  if (minutes[place] !== minute) bytes[place] = 0;
  minutes[place] = minute;
  bytes[place] = (bytes[place] ?? 0) + amount;
}

function percentiles({ latencies, calls }: Kept): TargetCallFigures['latencySeconds'] {
  if (calls === 0) return undefined;
  const sorted = latencies.slice(0, Math.min(calls, LATENCIES)).sort();
  const at = (share: number) => {
    const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return Math.round(found * 10_000) / 10_000;
  };
  return { p50: at(0.5), p99: at(0.99) };
}
