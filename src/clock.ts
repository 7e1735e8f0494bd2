import { performance } from 'node:perf_hooks';
import { onAbort } from './signal.js';

/** The only door to time. Tests pass a clock of their own; nothing else may read `Date` or set a timer. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump in either direction: never subtract two of these to measure a duration. */
  now(): number;
  /** Milliseconds that only ever grow, from an arbitrary start. For durations, deadlines and settling. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` once after `ms`, without keeping the process alive, which the command line does for as long as it has work. Returns what cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** Node's timers hold 32-bit milliseconds and fire at once above that, so a longer wait is cut down to this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function atMost(ms: number): number {
  return Math.min(Math.max(ms, 0), LONGEST_TIMER_MS);
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      let forget = () => {};
      const timer = setTimeout(() => {
        forget();
        resolve();
      }, atMost(ms));
      // Node's own timers/promises adds a listener for each sleep, and warns of a leak from the eleventh on.
      if (signal)
        forget = onAbort(signal, () => {
          clearTimeout(timer);
          reject(signal.reason);
        });
    }),
  after(ms, run) {
    const timer = setTimeout(run, atMost(ms));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Keeps the process alive until the returned function is called. */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, LONGEST_TIMER_MS);
  return () => clearInterval(timer);
}

/** Microseconds of CLOCK_MONOTONIC, which all processes of this machine share, and systemd compares; see clock_gettime(2). */
export function machineMicroseconds(): bigint {
  return process.hrtime.bigint() / 1_000n; // libuv reads that clock on Linux
}

/** `2026-11-22T14:41:47.123Z`: how a moment is written in logs, state files and metadata. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** `Sun, 22 Nov 2026 14:41:47 GMT`: how a moment is written in headers (RFC 9110, section 5.6.7). */
export function httpTime(epochMs: number): string {
  return new Date(epochMs).toUTCString();
}

/** Milliseconds since the epoch of an ISO 8601 or an HTTP date (RFC 9110, section 5.6.7); undefined when it is neither. */
export function parseTime(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The same moment where this process is (TZ): day of the week, from 0 for Sunday, and minutes since midnight. */
export function localTime(epochMs: number): { readonly weekday: number; readonly minute: number } {
  const local = new Date(epochMs);
  return { weekday: local.getDay(), minute: local.getHours() * 60 + local.getMinutes() };
}
