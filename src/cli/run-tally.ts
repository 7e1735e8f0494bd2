import type { RunReport } from '../state/ledger.js';
import type { SkipReason, SyncEvent, SyncObserver } from '../sync/events.js';
import { isAsMeant } from './exit.js';

export interface Problem {
  readonly name: string;
  readonly reason: string;
}

/** What a one-shot run's events say of one mirror beyond its report. */
export interface Tally {
  /** The first few objects that failed for good or had to be left out. */
  readonly problems: readonly Problem[];
  /** All of them. */
  readonly problemCount: number;
  /** Left out for a reason that is not meant. */
  readonly skipped: number;
  /** Left out as it is meant, by reason. */
  readonly asMeant: ReadonlyMap<SkipReason, number>;
  /** In a dry run: jobs that would have changed the container, and the bytes that they would have sent. */
  readonly planned: number;
  readonly plannedBytes: number;
}

export const PROBLEMS_SHOWN = 20;

type Mutable = { -readonly [K in keyof Tally]: Tally[K] } & { problems: Problem[]; asMeant: Map<SkipReason, number> };

/** Listens to a run and keeps, in bounded memory, what its summary needs. */
export function openTally(): { readonly observe: SyncObserver; of(mirror: string): Tally } {
  const tallies = new Map<string, Mutable>();

  function tallyOf(mirror: string): Mutable {
    const found = tallies.get(mirror) ?? { problems: [], problemCount: 0, skipped: 0, asMeant: new Map(), planned: 0, plannedBytes: 0 };
    tallies.set(mirror, found);
    return found;
  }

  function observe(event: SyncEvent): void {
    const tally = tallyOf(event.mirror);
    if (event.event === 'failed' && event.retryInMs === null)
      addProblem(tally, { name: event.name, reason: `${event.job}: ${event.error}` });
    if (event.event === 'planned' && changesContainer(event.job)) {
      tally.planned += 1;
      tally.plannedBytes += event.bytes;
    }
    if (event.event !== 'skipped') return;
    if (isAsMeant(event.reason)) {
      tally.asMeant.set(event.reason, (tally.asMeant.get(event.reason) ?? 0) + 1);
      return;
    }
    tally.skipped += 1;
    addProblem(tally, { name: event.path, reason: event.detail === '' ? event.reason : `${event.reason}: ${event.detail}` });
  }

  return { observe, of: tallyOf };
}

/** A dry run's `adopt` and `forget` would only have written to our own index. */
function changesContainer(job: string): boolean {
  return job === 'upload' || job === 'copy' || job === 'delete';
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
  const { scanned, uploaded, copied, deleted, adopted, unchanged, failed, skipped, held, bytes, seconds } = report;
  const counts = { scanned, uploaded, copied, deleted, adopted, unchanged, failed, skipped, held, bytes, seconds };
  return { event: 'summary', mirror, ...counts, complete, ...(error && { error: error.message }) };
}
