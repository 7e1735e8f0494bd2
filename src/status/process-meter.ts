import { readdir } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../clock.js';
import { openFileLimit } from '../open-files.js';
import type { ProcessAnswer } from './schema-process.js';

/** What a process is like, as far as it can see that itself. */
export type ProcessFigures = Omit<ProcessAnswer, 'version' | 'platform' | 'startedAtMs'>;

/** Measures this process, from its opening on. */
export interface ProcessMeter {
  figures(): Promise<ProcessFigures>;
  close(): void;
}

const MINUTE_MS = 60_000;
/**
 * Milliseconds between two measurements of the event loop: often enough for a percentile of a minute. Each wakes the process, which
 * at 50 ms was half of what an idle daemon takes.
 */
const RESOLUTION_MS = 250;
const NANOSECONDS = 1e9;

export function createProcessMeter(clock: Pick<Clock, 'monotonic' | 'after'>): ProcessMeter {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let lag: ProcessFigures['eventLoopLagSeconds'] | undefined;
  let began = { atMs: clock.monotonic(), cpuSeconds: cpuSeconds() };
  let share: number | undefined;
  let cancel = () => {};

  const lagNow = () => ({
    p50: late(delays.percentile(50)),
    p99: late(delays.percentile(99)),
    max: late(delays.max),
  });

  function shareNow(): number {
    const seconds = (clock.monotonic() - began.atMs) / 1_000;
    return seconds <= 0 ? 0 : round((cpuSeconds() - began.cpuSeconds) / seconds);
  }

  function endMinute(): void {
    lag = lagNow();
    share = shareNow();
    delays.reset();
    began = { atMs: clock.monotonic(), cpuSeconds: cpuSeconds() };
    cancel = clock.after(MINUTE_MS, endMinute);
  }

  cancel = clock.after(MINUTE_MS, endMinute);
  return {
    async figures() {
      const { rss, heapUsed } = process.memoryUsage();
      return {
        node: process.versions.node,
        pid: process.pid,
        uptimeSeconds: round(process.uptime()),
        memoryBytes: rss,
        heapBytes: heapUsed,
        cpuSeconds: round(cpuSeconds()),
        cpuShare: share ?? shareNow(),
        eventLoopLagSeconds: lag ?? lagNow(),
        openFiles: await openFiles(),
        openFilesLimit: openFileLimit() ?? null,
      };
    },
    close() {
      cancel();
      delays.disable();
    },
  };
}

/** Of an interval in nanoseconds, which has the resolution in it. Nothing measured is no lag. */
function late(nanoseconds: number): number {
  const seconds = nanoseconds / NANOSECONDS - RESOLUTION_MS / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, round(seconds)) : 0;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** See proc(5); the descriptor that reads the list is one of it. */
async function openFiles(): Promise<number | null> {
  return readdir('/proc/self/fd').then(
    ({ length }) => length - 1,
    () => null,
  );
}
