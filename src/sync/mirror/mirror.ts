import type { ObjectIndex, ObjectName } from '../../state/object-index.js';
import type { WatchState } from '../../watcher/watcher.js';
import { changeOf, createDenial } from '../denial.js';
import type { MirrorStatus } from '../events.js';
import type { Change } from '../guard-rule.js';
import type { MirrorSettings } from '../mirror-settings.js';
import { momentNow } from '../moment.js';
import { createScansDue, type ScansDue } from '../scan/scans-due.js';
import { readUntil } from '../source/read-until.js';
import { createSourceView, type SourceView } from '../source/source-view.js';
import { createAttempts } from '../work/attempts.js';
import type { Job } from '../work/job.js';
import { createPending, type Pending } from '../work/pending.js';
import { perform } from '../work/perform.js';
import { openQuarantine } from '../work/quarantine.js';
import { openRemoteRoot, type RemoteRoot } from '../work/remote-root.js';
import { createTargetRoom, roomPatience } from '../work/target-room.js';
import { createWaitingJobs, type WaitingJobs } from '../work/waiting-jobs.js';
import { createWhereabouts, type Whereabouts } from '../work/whereabouts.js';
import { type ContainerTrouble, createContainerTrouble } from './container-trouble.js';
import { createFailedLooks, type FailedLooks, reportingLooks } from './failed-looks.js';
import { type LinkedIntake, withHardLinks } from './hard-links.js';
import { createIntake } from './intake.js';
import { createJobLedger } from './job-ledger.js';
import type { MirrorParts } from './mirror-parts.js';
import { createMirrorStats, type MirrorStats } from './mirror-stats.js';
import { statusOf } from './mirror-status.js';
import { createMirrorWork, type MirrorWork } from './mirror-work.js';
import { createRuns, type Runs } from './runs.js';

/** One mirror at work: what its scans and its watch find becomes jobs, what the jobs do becomes records. */
export interface Mirror {
  readonly settings: MirrorSettings;
  readonly parts: MirrorParts;
  readonly stats: MirrorStats;
  readonly intake: LinkedIntake;
  readonly source: SourceView;
  readonly failedLooks: FailedLooks;
  readonly whereabouts: Whereabouts;
  readonly waitingJobs: Pick<WaitingJobs, 'recheck'>;
  readonly scansDue: ScansDue;
  readonly runs: Runs;
  readonly place: RemoteRoot;
  readonly containerTrouble: ContainerTrouble;
  /** Work that is not durable yet, whoever asked for it. */
  readonly pending: Pending;
  /** What its state and its lag follow from. `reportState` is called after a change of it. */
  readonly work: MirrorWork;
  /** Makes a small change in the container. Rejects with TargetDeniedError when it may not, or with what else keeps it from that. */
  proveRights(signal: AbortSignal): Promise<void>;
  /** Reports the state if it is another one than before. */
  reportState(): void;
  /** Sees to one object; the queue calls it. Never rejects. */
  run(job: Job): Promise<void>;
  /** The queue will never run this job. */
  dropped(job: Job): void;
  /** A change is held, of which somebody will have to decide. */
  held(name: ObjectName, change: Change, run: number): void;
  /** Whether something may have been missed that only a scan finds; asking makes it no longer so. */
  takeMissed(): boolean;
  /** Something was left undone that only a scan finds again. */
  miss(): void;
  /** A scan of everything begins; call what it returns when all that it found was seen to. */
  beginSurvey(): () => void;
  /** Resolves when the ledger has what is remembered of failures. */
  flush(): Promise<void>;
  status(watch: WatchState | null): MirrorStatus;
}

export function createMirror(parts: MirrorParts): Mirror {
  const {
    settings,
    backend,
    index,
    guard,
    ledger,
    reader,
    queue,
    clock,
    log,
    random,
    persistence,
    interrupt,
    drain,
  } = parts;
  const { name, container, policy, settleMs } = settings;
  const quarantine = openQuarantine(ledger, clock, log);
  const stats = createMirrorStats(name, clock, parts.observe);
  const failedLooks = createFailedLooks(clock);
  const view = createSourceView(
    settings,
    backend.capabilities.limits.maxKeyBytes,
    ledger.read,
    clock,
  );
  const source = reportingLooks(view, failedLooks.report);
  const place = openRemoteRoot({ settings, backend, ledger, clock, log });
  const runs = createRuns(clock);
  const pending = createPending();
  const containerTrouble = createContainerTrouble();
  const scansDue = createScansDue(clock);
  const whereabouts = createWhereabouts({ index, source, pending, scansDue });
  // Rejects only when nothing is begun any more, and the job was dropped.
  const requeue = (job: Job) => queue.add(job).catch(() => {});
  const waitingJobs = createWaitingJobs({
    pending,
    scansDue,
    requeue,
    lookAt,
    clock,
    signal: drain,
  });
  const hints = createIntake({
    mirror: name,
    queue,
    index,
    source,
    policy,
    whereabouts,
    settled,
    pending,
    runs,
    clock,
  });
  const intake = withHardLinks(hints, index, source);
  const jobLedger = createJobLedger({
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
  });
  const context = {
    ...place,
    source,
    index,
    reader: readUntil(reader, drain),
    drain,
    policy,
    clock,
    guard,
    mayDelete: () => ledger.read().reconciled,
    whereabouts,
    waitingJobs,
    seeTo: intake.seeTo,
    notInTrash: (job: Job, why: string) => jobLedger.skipped(job, 'not-in-trash', why),
  };
  const room = createTargetRoom({
    clock,
    random,
    ...roomPatience(persistence),
    mayFindDeletes: () => work.isScanning(),
    isStopped: () => containerTrouble.error !== undefined,
  });
  const denial = createDenial(changeOf(parts), clock);
  const attempts = createAttempts({
    container,
    perform: async (job) => {
      if (containerTrouble.error) throw containerTrouble.error;
      try {
        return await perform(withoutOldNews(job, runs), context, interrupt);
      } catch (error) {
        throw await denial.judge(error, interrupt);
      } finally {
        // Even if it failed: an answer may have been lost.
        runs.changed(job.name, job.run);
      }
    },
    requeue,
    versionOf: (job) => versionOf(job, source),
    quarantine,
    room,
    sizeOf: (job) => sizeOf(job, source, index),
    persistence,
    settleMs,
    settleLimitMs: settings.settleLimitMs,
    clock,
    random,
    signal: drain,
    listener: jobLedger,
  });
  const isUnseen = (object: ObjectName) => source.statPath(object).found === 'unknown';
  const work = createMirrorWork({
    parts,
    pending,
    quarantine,
    containerTrouble,
    room,
    jobLedger,
    isUnseen,
  });
  const reportState = () => stats.state(work.condition());

  function lookAt(object: ObjectName): void {
    if (!drain.aborted) intake.hint(source.pathOf(object)).catch(jobLedger.miss);
  }

  /** No job sees to this name any more: what waited for that runs again. */
  function settled(object: ObjectName, run: number): void {
    const withheld = whereabouts.ended(object);
    if (withheld.length > 0 && !drain.aborted)
      intake.seeTo(withheld, run, momentNow(clock)).catch(jobLedger.miss);
    waitingJobs.ended(object);
  }

  function delayed(object: ObjectName): void {
    whereabouts.delayed(object);
    waitingJobs.ended(object);
  }

  return {
    settings,
    parts,
    stats,
    intake,
    source,
    failedLooks,
    whereabouts,
    waitingJobs,
    scansDue,
    runs,
    place,
    containerTrouble,
    pending,
    work,
    proveRights: denial.prove,
    reportState,
    async run(job) {
      pending.add(job.name, job.since);
      stats.jobStarted(job);
      reportState();
      await attempts.run(job);
      stats.jobEnded(job);
      await guard
        .settle()
        .catch((error: unknown) => log.error('guard not recorded', { mirror: name, error }));
      reportState();
    },
    dropped: jobLedger.dropped,
    held: jobLedger.heldBack,
    miss: jobLedger.miss,
    takeMissed: jobLedger.takeMissed,
    beginSurvey() {
      whereabouts.beginSurvey();
      return attempts.beginSurvey();
    },
    flush: quarantine.flush,
    status: (watch) =>
      statusOf({
        parts,
        stats,
        pending,
        quarantine,
        retrying: attempts.retrying,
        watch,
        condition: work.condition(),
        lagSeconds: work.lagSeconds(),
      }),
  };
}

function sizeOf({ name, seen, lane }: Job, source: SourceView, index: ObjectIndex): number {
  const look = seen === undefined && lane !== 'delete' ? source.statPath(name) : undefined;
  const size = seen?.size ?? (look?.found === 'entry' ? look.entry.size : index.get(name)?.size);
  return size ?? 0;
}

/** A listing is from before what has become of its objects since it was asked for. */
function withoutOldNews(job: Job, runs: Runs): Job {
  if (typeof job.remote === 'string' && job.remote !== 'absent') return job;
  const listing = runs.get(job.listedIn);
  return listing === undefined || listing.changed.has(job.name) ? { ...job, remote: 'ask' } : job;
}

/** As text: what is there, or would be gone. A file that cannot be seen has no version, and that is one too. */
function versionOf({ name, seen, lane }: Job, source: SourceView): string {
  if (lane === 'delete') return 'absent';
  const look = seen ? undefined : source.statPath(name);
  const entry = seen ?? (look?.found === 'entry' ? look.entry : undefined);
  return entry
    ? `${entry.size} ${entry.mtimeNs} ${entry.ctimeNs} ${entry.inode}`
    : (look?.found ?? 'unknown');
}
