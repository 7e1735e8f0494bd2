import type { Clock } from '../../clock.js';
import type { RelativePath } from '../../watcher/entry.js';
import type { Degraded } from '../../watcher/watcher.js';
import { covers, type DueRun, SCAN } from '../run.js';
import type { DueRuns } from '../scan/due-runs.js';
import { type DueScan, type ScansDue, UNHEARD } from '../scan/scans-due.js';

/** From one requested scan of a folder to the next, so that many deletes do not become as many scans. */
const BETWEEN_REQUESTS_MS = 5_000;

export interface UnwatchedScansOptions {
  readonly due: Pick<DueRuns, 'add' | 'open'>;
  readonly scansDue: Pick<ScansDue, 'walkedAtMs'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * The scans of folders that are not watched, as scans that are always due: a file may have been moved there since the last
 * one began, without an event. A delete that waits for them requests them, instead of waiting for their timer. A requested
 * scan looks for files alone: its own deletes would wait for the next one, and that one's for the next.
 */
export function createUnwatchedScans({ due, scansDue, clock }: UnwatchedScansOptions) {
  const requestedMs = new Map<RelativePath, number>();

  function request(under: RelativePath): void {
    const run: DueRun = {
      ...SCAN,
      under,
      deletes: false,
      why: 'a delete waits for a folder that is not watched',
      unseenSinceMs: UNHEARD.sinceMs,
    };
    const nowMs = clock.monotonic();
    const last = requestedMs.get(under) ?? Number.NEGATIVE_INFINITY;
    if (nowMs < last + BETWEEN_REQUESTS_MS || due.open.some((other) => covers(other, run))) return;
    requestedMs.set(under, nowMs);
    due.add(run);
  }

  return {
    *of(unwatched: readonly Degraded[]): Generator<DueScan, void> {
      for (const under of requestedMs.keys()) {
        if (!unwatched.some((one) => one.under === under)) requestedMs.delete(under);
      }
      for (const { under } of unwatched)
        yield { sinceMs: scansDue.walkedAtMs(under), request: () => request(under) };
    },
  };
}
