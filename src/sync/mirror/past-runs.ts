import { dayOf } from '../../calendar-day.js';
import type { PastRun, RunReport } from '../../state/ledger.js';
import { differencesIn } from '../differences.js';

/** Runs that a ledger keeps: a month of a daily reconcile and of reading back. */
const MOST_RUNS = 60;

/** The runs, the latest last, with one more. Pure. */
export function withRun(runs: readonly PastRun[], run: PastRun): readonly PastRun[] {
  return [...runs, run].slice(-MOST_RUNS);
}

/** A comparison with the container, as the past has it. Pure. */
export function reconcileOf(report: RunReport): PastRun {
  const { startedAtMs, seconds, scanned, scannedBytes = 0 } = report;
  const differences = differencesIn(report);
  return {
    kind: 'reconcile',
    startedAtMs,
    seconds,
    objects: scanned,
    bytes: scannedBytes,
    differences,
  };
}

/** Objects that a scrub has read since it was asked last. */
export interface ReadSince {
  readonly fromMs: number;
  readonly toMs: number;
  readonly objects: number;
  readonly bytes: number;
  /** Of these, missing, damaged or of other content. */
  readonly differences: number;
}

/**
 * The runs with what a scrub has read: it never ends, so each day of it counts as one run. `zone`: an IANA name, where a day begins.
 * Pure.
 */
export function withRead(
  runs: readonly PastRun[],
  read: ReadSince,
  zone: string,
): readonly PastRun[] {
  if (read.objects === 0) return runs;
  const at = runs.findLastIndex(({ kind, asked }) => kind === 'read-back' && asked !== true);
  const before = runs[at];
  const { fromMs, toMs, objects, bytes, differences } = read;
  if (before === undefined || dayOf(before.startedAtMs, zone) !== dayOf(fromMs, zone)) {
    const seconds = Math.max(0, (toMs - fromMs) / 1_000);
    const fresh = { startedAtMs: fromMs, seconds, objects, bytes, differences } as const;
    return withRun(runs, { kind: 'read-back', ...fresh });
  }
  const sum: PastRun = {
    ...before,
    seconds: Math.max(before.seconds, (toMs - before.startedAtMs) / 1_000),
    objects: before.objects + objects,
    bytes: before.bytes + bytes,
    differences: before.differences + differences,
  };
  return runs.with(at, sum);
}
