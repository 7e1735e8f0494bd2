import type { Clock } from '../../clock.js';
import type { RunReport } from '../../state/ledger.js';
import type { JobKind } from '../events.js';

/** Counts what one run does; read at its end as the summary, and meanwhile as progress. */
export interface Tally {
  readonly counts: {
    -readonly [K in keyof Omit<RunReport, 'startedAtMs' | 'seconds'>]: RunReport[K];
  };
  /** `metadata`: the object was given other metadata. */
  done(job: JobKind, bytes: number, metadata?: boolean): void;
  report(): RunReport;
}

export function startTally(clock: Clock): Tally {
  const startedAtMs = clock.now();
  const started = clock.monotonic();
  const counts = {
    scanned: 0,
    uploaded: 0,
    copied: 0,
    deleted: 0,
    adopted: 0,
    refreshed: 0,
    unchanged: 0,
    failed: 0,
    skipped: 0,
    held: 0,
    bytes: 0,
  };
  return {
    counts,
    done(job, bytes, metadata = false) {
      switch (job) {
        case 'upload_object':
          counts.uploaded += 1;
          counts.bytes += bytes;
          break;
        case 'copy_object':
          counts.copied += 1;
          break;
        case 'delete_object':
          counts.deleted += 1;
          break;
        case 'adopt':
          counts.adopted += 1;
          break;
        case 'refresh_metadata':
          counts[metadata ? 'refreshed' : 'unchanged'] += 1;
          break;
        case 'forget':
          break;
      }
    },
    report: () => ({ ...counts, startedAtMs, seconds: (clock.monotonic() - started) / 1_000 }),
  };
}
