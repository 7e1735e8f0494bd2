import type { ObjectName } from '../../state/object-index.js';
import { skipReasonOf } from '../failure.js';
import type { Change } from '../guard-rule.js';
import { momentNow, oldest, type Since } from '../moment.js';
import { isRacy } from '../same-stat.js';
import type { SourceView } from '../source/source-view.js';
import type { AttemptsListener } from '../work/attempts.js';
import type { Job } from '../work/job.js';
import type { Pending } from '../work/pending.js';
import type { Whereabouts } from '../work/whereabouts.js';
import type { ContainerTrouble } from './container-trouble.js';
import type { Intake } from './intake.js';
import type { MirrorParts } from './mirror-parts.js';
import type { MirrorStats } from './mirror-stats.js';
import type { Runs } from './runs.js';

/** What becomes of a mirror's jobs: told to its board, and counted for the runs that asked for them. */
export interface JobLedger extends AttemptsListener {
  /** A change is held, of which somebody will have to decide. */
  heldBack(name: ObjectName, change: Change, run: number): void;
  /** Something was left undone that only a scan finds again. */
  miss(): void;
  readonly missed: boolean;
  /** Whether that is so; asking makes it no longer so. */
  takeMissed(): boolean;
  /** When the oldest change was made that the guard stopped since it began to hold, as far as that is known. */
  heldSince(): Since | undefined;
}

export interface JobLedgerOptions {
  readonly parts: Pick<MirrorParts, 'statAgain' | 'health' | 'clock' | 'drain' | 'queue' | 'guard'>;
  readonly stats: MirrorStats;
  readonly runs: Runs;
  readonly pending: Pending;
  readonly whereabouts: Pick<Whereabouts, 'notMirrored'>;
  /** No job sees to this name any more, or none that others should wait for. */
  readonly settled: (name: ObjectName, run: number) => void;
  /** An attempt for this name has failed, and there will be another. */
  readonly delayed: (name: ObjectName) => void;
  readonly source: Pick<SourceView, 'pathOf'>;
  readonly intake: Pick<Intake, 'hint'>;
  readonly containerTrouble: ContainerTrouble;
}

/** After this the file system's clock has ticked, and a file that was written meanwhile has another ctime. */
const RACY_MS = 250;

export function createJobLedger(options: JobLedgerOptions): JobLedger {
  const {
    parts,
    stats,
    runs,
    pending,
    whereabouts,
    settled,
    delayed,
    source,
    intake,
    containerTrouble,
  } = options;
  const { clock, drain, health, queue, guard } = parts;
  let missed = false;
  let held: { readonly since: Since; readonly holdingSinceMs: number | undefined } | undefined;

  function miss(): void {
    missed = true;
  }

  function count(run: number, what: 'skipped' | 'failed' | 'held'): void {
    const tally = runs.get(run)?.tally;
    if (tally) tally.counts[what] += 1;
  }

  /** `settle`: what becomes of the name when no other job sees to it. */
  function ended(job: Job, settle: (name: ObjectName) => void): void {
    const next = queue.next(job.key);
    if (next === undefined) settle(job.name);
    else pending.replace(job.name, next.since);
    const run = runs.get(job.run);
    if (run) {
      run.work.jobsDone += 1;
      stats.progress(run);
    }
    runs.settled(job.name, next?.run);
  }

  function heldBack(name: ObjectName, change: Change, run: number): void {
    count(run, 'held');
    stats.held(name, change);
  }

  function enqueueSoon(name: ObjectName): void {
    const since = momentNow(clock);
    clock.after(RACY_MS, () => {
      // On the way out the index may be closed already; the next start scans anyway.
      if (!drain.aborted) intake.hint(source.pathOf(name), since).catch(miss);
    });
  }

  return {
    dropped(job) {
      if (queue.has(job.key)) return;
      pending.drop(job.name);
      runs.settled(job.name);
    },
    heldBack,
    miss,
    get missed() {
      return missed;
    },
    heldSince: () => (held?.holdingSinceMs === guard.holding?.sinceMs ? held?.since : undefined),
    takeMissed() {
      const was = missed;
      missed = false;
      return was;
    },
    over: (job) =>
      ended(job, (name) => {
        pending.settled(name);
        settled(name, job.run);
      }),
    // Nothing that waits for it runs for its sake: it is not mirrored, and a scan finds it again.
    undone: (job) => ended(job, pending.drop),
    done(job, outcome) {
      const run = runs.get(job.run);
      run?.tally.done(outcome.job, outcome.bytes, outcome.metadata === true);
      if (run) run.work.bytesDone += outcome.bytes;
      stats.done(job, outcome);
      const { record } = outcome;
      if (parts.statAgain && record && isRacy(record)) enqueueSoon(job.name);
    },
    skipped(job, reason, detail, resumes = false) {
      count(job.run, 'skipped');
      // What withholds it may end without a sign from the file: only a scan finds it then.
      if (reason === 'delete-withheld' && !resumes) miss();
      stats.skipped(job.name, reason, detail);
      if (reason !== 'not-in-trash') whereabouts.notMirrored(job.name, detail);
    },
    held(job, change) {
      const holdingSinceMs = guard.holding?.sinceMs;
      const before = held?.holdingSinceMs === holdingSinceMs ? held?.since : undefined;
      held = {
        since: oldest([job.since, ...(before === undefined ? [] : [before])]) ?? null,
        holdingSinceMs,
      };
      heldBack(job.name, change, job.run);
      whereabouts.notMirrored(job.name, 'its overwrite is held by the guard');
    },
    failed(job, error, retryInMs, quarantined, passing) {
      if (!quarantined && retryInMs !== null) delayed(job.name);
      if (quarantined) count(job.run, 'failed');
      stats.failed(job, error, retryInMs, quarantined, passing);
    },
    stillQuarantined(job, { reason, error }) {
      const skipped = skipReasonOf(reason);
      count(job.run, skipped === undefined ? 'failed' : 'skipped');
      if (skipped !== undefined) stats.skipped(job.name, skipped, error);
    },
    notMirrored: (job, why) => whereabouts.notMirrored(job.name, why),
    targetTrouble: (error) => health.report(error),
    containerTrouble: (error) => containerTrouble.report(error),
    forgotten(job) {
      miss();
      whereabouts.notMirrored(job.name, 'it failed, and more objects fail than are kept in mind');
    },
  };
}
