import type { RunReport } from '../state/ledger.js';
import type { JobKind, SkipReason, SyncEvent, SyncObserver } from '../sync/events.js';
import { isAsMeant } from './exit.js';

export interface Problem {
  readonly name: string;
  readonly reason: string;
}

/** Facts from a one-shot run's events about one mirror, beyond its report. */
export interface Tally {
  /** The first few objects that failed for good or were skipped. */
  readonly problems: readonly Problem[];
  /** All of them. */
  readonly problemCount: number;
  /** Number of objects skipped for an unintended reason. */
  readonly skipped: number;
  /** Actions of a plan that are outdated. */
  readonly outdated: number;
  /** Number of objects skipped as intended, by reason. */
  readonly asMeant: ReadonlyMap<SkipReason, number>;
  /** In a dry run: jobs that would have changed the container, by kind, and the bytes that uploads would have sent. */
  readonly planned: ReadonlyMap<JobKind, number>;
  readonly plannedBytes: number;
}

export const PROBLEMS_SHOWN = 20;

type Mutable = { -readonly [K in keyof Tally]: Tally[K] } & {
  problems: Problem[];
  asMeant: Map<SkipReason, number>;
  planned: Map<JobKind, number>;
};

/** Listens to a run and keeps, in bounded memory, what its summary needs. */
export function openTally(): { readonly observe: SyncObserver; of(mirror: string): Tally } {
  const tallies = new Map<string, Mutable>();

  function tallyOf(mirror: string): Mutable {
    const found = tallies.get(mirror) ?? {
      problems: [],
      problemCount: 0,
      skipped: 0,
      outdated: 0,
      asMeant: new Map(),
      planned: new Map(),
      plannedBytes: 0,
    };
    tallies.set(mirror, found);
    return found;
  }

  function observe(event: SyncEvent): void {
    const tally = tallyOf(event.mirror);
    if (event.event === 'failed' && event.retryInMs === null)
      addProblem(tally, { name: event.name, reason: `${event.job}: ${event.error}` });
    if (event.event === 'planned' && changesContainer(event.job)) {
      increment(tally.planned, event.job);
      if (event.job === 'upload_object') tally.plannedBytes += event.bytes;
    }
    if (event.event !== 'skipped') return;
    if (isAsMeant(event.reason)) {
      increment(tally.asMeant, event.reason);
      return;
    }
    if (event.reason === 'plan-outdated') tally.outdated += 1;
    else if (event.reason !== 'pattern-malformed') tally.skipped += 1; // skips no object
    addProblem(tally, {
      name: event.path,
      reason: event.detail === '' ? event.reason : `${event.reason}: ${event.detail}`,
    });
  }

  return { observe, of: tallyOf };
}

/** A dry run's `adopt` and `forget` would only have written to our own index. */
function changesContainer(job: JobKind): boolean {
  return job === 'upload_object' || job === 'copy_object' || job === 'delete_object';
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function addProblem(tally: Mutable, problem: Problem): void {
  tally.problemCount += 1;
  if (tally.problems.length < PROBLEMS_SHOWN) tally.problems.push(problem);
}

/** The last line of a mirror in `--json` output: fixed keys in a fixed order. */
export function summaryOf(
  mirror: string,
  report: RunReport,
  complete: boolean,
  error: Error | undefined,
): Readonly<Record<string, unknown>> {
  const {
    scanned,
    uploaded,
    copied,
    deleted,
    adopted,
    refreshed = 0,
    unchanged,
    failed,
    skipped,
    held,
    kept = 0,
    bytes,
    seconds,
  } = report;
  const counts = {
    scanned,
    uploaded,
    copied,
    deleted,
    adopted,
    refreshed,
    unchanged,
    failed,
    skipped,
    held,
    kept,
    bytes,
    seconds: toMilliseconds(seconds),
  };
  return { event: 'summary', mirror, ...counts, complete, ...(error && { error: error.message }) };
}

/** Seconds, rounded to the precision of the clock. */
export function toMilliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** Whether the run saw less than the whole source for a reason that is not meant, or gave no reason at all. */
export function isPartial(complete: boolean, { skipped, asMeant }: Tally): boolean {
  return !complete && (skipped > 0 || asMeant.size === 0);
}
