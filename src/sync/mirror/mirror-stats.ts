import type { Clock } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { JobKind, MirrorStatus, SkipReason, SyncEvent, SyncObserver } from '../events.js';
import type { Change } from '../guard-rule.js';
import type { Job } from '../work/job.js';
import type { Outcome } from '../work/outcome.js';
import type { Condition } from './mirror-state.js';
import { createRunningJobs } from './running-jobs.js';
import { progressOf, type Run } from './runs.js';
import type { TransferMeter } from './transfer-meter.js';

/** Reports the events of one mirror, and counts them for its status. */
export interface MirrorStats {
  report(event: DistributiveOmit<SyncEvent, 'mirror'>): void;
  /** Reports the mirror's state if it is another one than was reported last. */
  state(now: Condition): void;
  jobStarted(job: Job): void;
  jobEnded(job: Job): void;
  /** Jobs of this kind for these files run together until what this returns is called. Their objects are reported by `done`. */
  batchStarted(
    files: readonly Pick<LocalEntry, 'path' | 'size'>[],
    job?: 'upload_object' | 'delete_object',
  ): () => void;
  /** A running job begins to send a file in parts. What this returns is to be called with each part that has arrived. */
  sending(name: ObjectName, size: number, partSize: number): TransferMeter['add'];
  done(job: Pick<Job, 'name'>, outcome: DoneJob): void;
  failed(failure: FailedJob): void;
  held(name: ObjectName, change: Change): void;
  skipped(path: string, reason: SkipReason, detail: string): void;
  /** Reports the progress of a run, at most every PROGRESS_MS. */
  progress(run: Run): void;
  /** A scan begins that will report its skips again. */
  forgetSkips(): void;
  readonly snapshot: () => Pick<MirrorStatus, 'running' | 'skipped' | 'totals'>;
}

/** What there is to say of a job that is done. */
export type DoneJob = Pick<
  Extract<Outcome, { outcome: 'done' }>,
  'job' | 'why' | 'bytes' | 'planned'
> & {
  /** On the monotonic clock, in milliseconds, where it is not that of the job itself. */
  readonly startedMs?: number;
};

export interface FailedJob {
  readonly name: ObjectName;
  readonly error: Error;
  /** From 1. */
  readonly attempt: number;
  /** Null: no retry but by a later run. */
  readonly retryInMs: number | null;
  /** Whether this failure has just quarantined the object. */
  readonly isQuarantined: boolean;
  /** As happens every day, to a file that is being written to. */
  readonly passing: boolean;
}

const PROGRESS_MS = 200;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export function createMirrorStats(
  mirror: string,
  clock: Clock,
  observe: SyncObserver,
): MirrorStats {
  let reported: Condition = { state: 'starting', why: '' };
  const running = createRunningJobs(clock);
  let skipped: Partial<Record<SkipReason, number>> = {};
  let progressAtMs = Number.NEGATIVE_INFINITY;
  const totals = { uploaded: 0, copied: 0, deleted: 0, failed: 0, bytes: 0 };

  const report: MirrorStats['report'] = (event) => observe({ mirror, ...event } as SyncEvent);

  function secondsSince(started: number): number {
    return (clock.monotonic() - started) / 1_000;
  }

  return {
    report,
    state(now) {
      if (now.state === reported.state && now.why === reported.why) return;
      reported = now;
      report({ event: 'state-changed', ...now });
    },
    jobStarted: (job) => running.begin(job.name, kindOf(job), job.seen?.size ?? 0),
    jobEnded: (job) => running.end(job.name),
    batchStarted(files, job = 'upload_object') {
      const [first = { path: '' }] = files;
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      running.begin(first.path, job, bytes, files.length);
      return () => running.end(first.path);
    },
    sending: running.sending,
    done(job, { job: kind, why, bytes, planned, startedMs = running.beganMs(job.name) }) {
      if (kind === 'upload_object') totals.uploaded += 1;
      if (kind === 'copy_object') totals.copied += 1;
      if (kind === 'delete_object') totals.deleted += 1;
      totals.bytes += bytes;
      const { name } = job;
      const seconds = startedMs === undefined ? 0 : secondsSince(startedMs);
      const event = { mirror, event: 'done', job: kind, name, why, bytes, seconds } as const;
      observe(planned === undefined ? event : { ...event, planned });
    },
    failed({ name, error, attempt, retryInMs, isQuarantined, passing }) {
      if (isQuarantined) totals.failed += 1;
      const kind = running.kindOf(name) ?? 'upload_object';
      report({
        event: 'failed',
        job: kind,
        name,
        error: error.message,
        attempt,
        retryInMs,
        ...(passing && { passing }),
      });
    },
    held: (name, change) =>
      report({ event: 'held', job: change === 'delete' ? 'delete_object' : 'upload_object', name }),
    skipped(path, reason, detail) {
      skipped = { ...skipped, [reason]: (skipped[reason] ?? 0) + 1 };
      report({ event: 'skipped', path, reason, detail });
    },
    progress(run) {
      const nowMs = clock.monotonic();
      if (nowMs - progressAtMs < PROGRESS_MS) return;
      progressAtMs = nowMs;
      report({ event: 'progress', progress: progressOf(run) });
    },
    forgetSkips() {
      skipped = {};
    },
    snapshot: () => ({
      running: running.rows(),
      skipped,
      totals: { ...totals },
    }),
  };
}

/** What a job will probably do, for people who look while it runs. */
function kindOf({ lane, renamedFrom }: Job): JobKind {
  if (lane === 'delete') return 'delete_object';
  return renamedFrom === undefined ? 'upload_object' : 'copy_object';
}
