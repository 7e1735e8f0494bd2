import type { ObjectName } from '../../state/object-index.js';
import type { WatchState } from '../../watcher/watcher.js';
import type { MirrorStatus } from '../events.js';
import type { Change } from '../guard-rule.js';
import type { MirrorSettings } from '../mirror-settings.js';
import { createSourceView, type SourceView } from '../source/source-view.js';
import type { Job } from '../work/job.js';
import { openRemoteRoot, type RemoteRoot } from '../work/remote-root.js';
import type { WaitingJobs } from '../work/waiting-jobs.js';
import type { Whereabouts } from '../work/whereabouts.js';
import type { BatchAdmission } from './batch-admission.js';
import { openBatchRoad } from './batch-road.js';
import { createFailedStats, type FailedStats, reportingFailedStats } from './failed-stats.js';
import { openFindings } from './findings.js';
import type { LinkedIntake } from './hard-links.js';
import type { HoldPage } from './hold-page.js';
import { type JobRunner, openJobRunner } from './job-runner.js';
import { type MirrorBooks, openMirrorBooks } from './mirror-books.js';
import { figuresOf, type MirrorFigures } from './mirror-figures.js';
import type { MirrorParts } from './mirror-parts.js';
import { statusOf } from './mirror-status.js';
import { createMirrorWork, type MirrorWork } from './mirror-work.js';
import { openReadings, type Readings } from './open-readings.js';
import { retryQuarantined } from './retry-quarantined.js';
import { openSecondLooks } from './second-look-jobs.js';
import { countingUnsent, type UnsentNames } from './unsent-names.js';

/** One mirror at work: what its scans and its watch find becomes jobs, what the jobs do becomes records. */
export interface Mirror
  extends Omit<MirrorBooks, 'quarantine' | 'scans' | 'waits'>,
    Omit<Readings, 'damaged'> {
  readonly settings: MirrorSettings;
  readonly parts: MirrorParts;
  readonly intake: LinkedIntake;
  readonly batches: BatchAdmission;
  readonly source: SourceView;
  readonly failedStats: FailedStats;
  readonly whereabouts: Whereabouts;
  readonly waitingJobs: Pick<WaitingJobs, 'recheck'>;
  readonly root: RemoteRoot;
  /** What its state and its lag follow from. `reportState` is called after a change of it. */
  readonly work: MirrorWork;
  /** Makes a small change in the container. Rejects with TargetDeniedError when it may not, or with the error of the change. */
  proveRights(signal: AbortSignal): Promise<void>;
  /** Reports the state if it has changed. */
  reportState(): void;
  /** Runs a job of the queue. Never rejects. */
  run(job: Job): Promise<void>;
  /** Runs many deletes together. Never rejects. Resolves with those that are to run alone. */
  runTogether(jobs: readonly Job[]): Promise<readonly Job[]>;
  /** The queue will never run this job. */
  dropped(job: Job): void;
  /** Counts and reports a change that is held until a person decides. */
  held(name: ObjectName, change: Change, run: number): void;
  readonly holdPage: HoldPage;
  /** A scan of everything begins; call what it returns when all that it found was seen to. */
  beginSurvey(): () => void;
  /** Resolves when the ledger has what is remembered of failures. */
  flush(): Promise<void>;
  status(watch: WatchState | null): MirrorStatus;
  /** What waits, in more detail than the status has. */
  figures(): MirrorFigures;
  /**
   * Tries quarantined objects now: this one, or all. Resolves with how many there are once the queue has taken them; one that
   * cannot be looked at stays for its own time.
   */
  retryNow(name?: ObjectName): Promise<number>;
}

export function createMirror(given: MirrorParts): Mirror {
  const unsent = countingUnsent(given.index);
  const parts = { ...given, index: unsent.index };
  const { settings, backend, partsThreads: threads, ledger, guard, clock, log } = parts;
  const books = openMirrorBooks(parts);
  const { stats, pending, quarantine } = books;
  const failedStats = createFailedStats(clock);
  const { maxKeyBytes } = backend.capabilities.limits;
  const view = createSourceView(settings, maxKeyBytes, ledger.read, clock);
  const source = reportingFailedStats(view, failedStats.report);
  const root = openRemoteRoot({ settings, backend, threads, ledger, clock, log });
  const findings = openFindings(parts, books, source);
  const secondLooks = openSecondLooks(parts, findings, source);
  const runner = openJobRunner(parts, books, findings, source, root, secondLooks);
  const work = createMirrorWork({
    parts,
    books,
    held: runner.held,
    room: runner.room,
    isUnseen: (name) => source.statPath(name).found === 'unknown',
  });
  const { admission } = findings;
  const readings = openReadings({ parts, books: runner.books, admission, source, stats });
  const reportState = () => stats.state(work.condition());
  parts.paused?.start(runner.openJobs.dropped);
  parts.paused?.gate.listen(reportState);
  const settle = async () => {
    await guard.settle().catch((error: unknown) => {
      log.error('guard not recorded', { mirror: settings.name, error });
    });
    reportState();
  };
  const batches = openBatchRoad({
    parts,
    books,
    findings,
    source,
    root,
    secondLooks,
    runner,
    began: reportState,
    ended: settle,
  });

  return {
    ...books,
    settings,
    parts,
    intake: findings.intake,
    batches,
    source,
    failedStats,
    whereabouts: findings.whereabouts,
    waitingJobs: findings.waitingJobs,
    root,
    work,
    ...readings,
    proveRights: runner.denial.prove,
    reportState,
    async run(job) {
      if (parts.paused?.setAside(job)) return;
      pending.add(job.name, job.since);
      stats.jobStarted(job);
      reportState();
      await runner.run(job);
      stats.jobEnded(job);
      await settle();
    },
    async runTogether(found) {
      const jobs = found.filter((job) => parts.paused?.setAside(job) !== true);
      reportState();
      const alone = jobs.length === 0 ? [] : await runner.deletes(jobs);
      await settle();
      return alone;
    },
    dropped: runner.openJobs.dropped,
    held: runner.held.report,
    holdPage: runner.holdPage,
    beginSurvey() {
      findings.whereabouts.beginSurvey();
      return runner.attempts.beginSurvey();
    },
    flush: quarantine.flush,
    figures: () => figuresOf(books, parts),
    retryNow: (name) => retryQuarantined({ quarantine, ...findings, source, clock }, name),
    status: (watch) => statusNow(parts, { ...books, unsent }, { runner, work, readings }, watch),
  };
}

function statusNow(
  parts: MirrorParts,
  {
    stats,
    pending,
    unsent,
    quarantine,
  }: Pick<MirrorBooks, 'stats' | 'pending' | 'quarantine'> & { readonly unsent: UnsentNames },
  {
    runner,
    work,
    readings: { scrub, reports, damaged },
  }: {
    readonly runner: JobRunner;
    readonly work: MirrorWork;
    readonly readings: Readings;
  },
  watch: WatchState | null,
): MirrorStatus {
  return statusOf({
    parts,
    stats,
    pending,
    unsent,
    quarantine,
    retrying: runner.attempts.retrying,
    scanning: work.isScanning(),
    watch,
    condition: work.condition(),
    lagSeconds: work.lagSeconds(),
    verify: scrub?.status() ?? null,
    lastReport: reports.status(),
    damaged: damaged(),
  });
}
