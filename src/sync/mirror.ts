import type { Clock } from '../clock.js';
import type { Backend } from '../drivers/backend.js';
import type { Lease } from '../lease/lease.js';
import type { Logger } from '../log.js';
import type { Ledger } from '../state/ledger.js';
import type { IndexLocation, ObjectIndex, ObjectName } from '../state/object-index.js';
import type { WatchState } from '../watcher/watcher.js';
import { createAttempts, type Persistence } from './attempts.js';
import { containerStore } from './container-store.js';
import { type ContainerTrouble, createContainerTrouble } from './container-trouble.js';
import type { JobKind, MirrorStatus, RunKind, SyncObserver } from './events.js';
import { skipReasonOf } from './failure.js';
import type { FileReader } from './file-reader.js';
import type { Guard } from './guard/guard.js';
import type { Change } from './guard/rule.js';
import { createIntake, type Intake } from './intake.js';
import { type Job, NO_RUN } from './job.js';
import { createBoard, type MirrorBoard } from './mirror-board.js';
import type { MirrorSettings } from './mirror-settings.js';
import { createPending, type Pending } from './pending.js';
import { perform } from './perform.js';
import { filePuts } from './put-file.js';
import { openQuarantine } from './quarantine.js';
import type { JobQueue } from './queue.js';
import { createRenames, type Renames } from './renames.js';
import { createRuns, type Runs } from './runs.js';
import { isRacy } from './same-stat.js';
import { createSourceView, type SourceView } from './source-view.js';
import type { TargetHealth } from './target-health.js';
import { createTrash } from './trash/trash.js';
import { createOrphans } from './uploads/orphans.js';
import { unfinishedUploads } from './uploads/unfinished-uploads.js';

/** After this the file system's clock has ticked, and a file that was written meanwhile has another ctime. */
const RACY_MS = 250;

export interface MirrorParts {
  readonly settings: MirrorSettings;
  /** Changes nothing but while the lease is held. */
  readonly backend: Backend;
  readonly lease: Lease;
  /** The guard's: see Guard. */
  readonly index: ObjectIndex;
  readonly guard: Guard;
  readonly location: IndexLocation;
  readonly ledger: Ledger;
  readonly reader: FileReader;
  readonly queue: JobQueue<Job>;
  readonly health: TargetHealth;
  readonly persistence: Persistence;
  /** True in a daemon: files that may have changed unseen while they were sent are looked at once more, soon. */
  readonly lookAgain: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly observe: SyncObserver;
  /** Aborted: nothing new is begun, failed jobs are not tried again. */
  readonly drain: AbortSignal;
  /** Aborted: what runs is dropped. */
  readonly interrupt: AbortSignal;
}

/** One mirror at work: what its scans and its watch find becomes jobs, what the jobs do becomes records. */
export interface Mirror {
  readonly settings: MirrorSettings;
  readonly parts: MirrorParts;
  readonly board: MirrorBoard;
  readonly intake: Intake;
  readonly source: SourceView;
  readonly renames: Renames;
  readonly runs: Runs;
  readonly containerTrouble: ContainerTrouble;
  /** Work that is not durable yet, whoever asked for it. */
  readonly pending: Pending;
  /** Sees to one object; the queue calls it. Never rejects. */
  run(job: Job): Promise<void>;
  /** The queue will never run this job. */
  dropped(job: Job): void;
  /** A change is held, of which somebody will have to decide. */
  held(name: ObjectName, change: Change, run: number): void;
  /** A scan is under way until what this returns is called. */
  scanning(why: string): () => void;
  /** Whether something may have been missed that only a scan finds; asking makes it no longer so. */
  takeMissed(): boolean;
  /** Something was left undone that only a scan finds again. */
  miss(): void;
  /** A scan of everything begins; call what it returns when all that it found was seen to. */
  beginSurvey(): () => void;
  /** Objects for which an upload in parts was begun and not ended. */
  begunUploads(): Iterable<ObjectName>;
  /**
   * A scan or reconcile has found nothing due for these, which had been begun before it: ends their uploads, and looks for
   * others that were left behind. Of scans only the first one is worth the requests. Rejects with nothing but the signal's reason.
   */
  tidyUploads(needless: Iterable<ObjectName>, after: RunKind, signal: AbortSignal): Promise<void>;
  /** Resolves when the ledger has what is remembered of failures. */
  flush(): Promise<void>;
  status(watch: WatchState | null): MirrorStatus;
}

export function createMirror(parts: MirrorParts): Mirror {
  const { settings, backend, index, guard, ledger, reader, queue, clock, interrupt, drain } = parts;
  const { name, policy } = settings;
  const quarantine = openQuarantine(ledger, clock, parts.log);
  const board = createBoard(name, clock, parts.observe);
  const source = createSourceView(settings, backend.capabilities.limits.maxKeyBytes, ledger.read);
  const renames = createRenames(index);
  const runs = createRuns(clock);
  const pending = createPending();
  const follow = settings.symlinks === 'follow';
  const place = { backend, container: settings.container, prefix: settings.prefix };
  const uploads = unfinishedUploads({ ledger, driver: backend.name, ...place, clock, log: parts.log });
  const orphans = createOrphans({ ...place, uploads, log: parts.log });
  const files = filePuts({ backend, follow, partsAbove: settings.partsAbove, partSize: settings.partSize, uploads, orphans });
  const store = containerStore({ ...place, policy, follow, files });
  const intake = createIntake({ mirror: name, queue, index, source, policy, renames, pending, clock });
  const containerTrouble = createContainerTrouble();
  const trash =
    policy.deletes === 'trash'
      ? createTrash({ backend, container: settings.container, prefix: settings.prefix, trashPrefix: settings.trashPrefix, clock })
      : undefined;
  let missed = false;
  let scans = 0;
  let tidied = false;

  const workplace = {
    source,
    index,
    store,
    trash,
    uploads,
    orphans,
    reader,
    policy,
    clock,
    guard,
    mayDelete: () => ledger.read().reconciled,
    copiesFrom: renames.copiesFrom,
    madeRoom(job: Job) {
      runs.changed(job.name, NO_RUN);
      const made = { outcome: 'done', job: 'delete', why: 'makes room', bytes: 0 } as const;
      runs.get(job.run)?.tally.done('delete', 0);
      board.done(job, made);
    },
  };

  const attempts = createAttempts({
    container: settings.container,
    perform: async (job) => {
      if (containerTrouble.error) throw containerTrouble.error;
      try {
        return await perform(withoutOldNews(job), workplace, interrupt);
      } finally {
        // Even if it failed: an answer may have been lost.
        runs.changed(job.name, job.run);
      }
    },
    requeue: (job) => queue.add(job),
    versionOf: (job) => versionOf(job, source),
    quarantine,
    persistence: parts.persistence,
    settleMs: settings.settleMs,
    clock,
    random: parts.random,
    signal: drain,
    told: {
      dropped,
      over(job) {
        dropped(job);
        pending.settled(job.name);
        const run = runs.get(job.run);
        if (run) {
          run.work.jobsDone += 1;
          board.progress(run);
        }
        runs.settled(job.name);
      },
      done(job, outcome) {
        const run = runs.get(job.run);
        run?.tally.done(outcome.job, outcome.bytes);
        if (run) run.work.bytesDone += outcome.bytes;
        board.done(job, outcome);
        const { record } = outcome;
        if (parts.lookAgain && record && isRacy(record)) lookAgainSoon(job.name);
      },
      skipped(job, reason, detail) {
        count(job.run, 'skipped');
        // What withholds it may end without a sign from the file: only a scan finds it then.
        if (reason === 'delete-withheld') missed = true;
        board.skipped(job.name, reason, detail);
      },
      held: (job, change) => held(job.name, change, job.run),
      failed(job, error, retryInMs, givenUp) {
        if (givenUp) count(job.run, 'failed');
        board.failed(job, error, retryInMs, givenUp);
      },
      stillGivenUp(job, { reason, error }) {
        const skipped = skipReasonOf(reason);
        count(job.run, skipped === undefined ? 'failed' : 'skipped');
        if (skipped !== undefined) board.skipped(job.name, skipped, error);
      },
      targetTrouble: (error) => parts.health.report(error),
      containerTrouble: (error) => containerTrouble.report(error),
      forgotten() {
        missed = true;
      },
    },
  });

  function dropped({ renamedFrom }: Job): void {
    if (renamedFrom !== undefined) renames.end(renamedFrom);
  }

  /** A listing is from before what has become of its objects since it was asked for. */
  function withoutOldNews(job: Job): Job {
    if (typeof job.remote === 'string' && job.remote !== 'absent') return job;
    const listing = runs.get(job.listedIn);
    return listing === undefined || listing.changed.has(job.name) ? { ...job, remote: 'ask' } : job;
  }

  function count(run: number, what: 'skipped' | 'failed' | 'held'): void {
    const tally = runs.get(run)?.tally;
    if (tally) tally.counts[what] += 1;
  }

  function held(object: ObjectName, change: Change, run: number): void {
    count(run, 'held');
    board.held(object, change);
  }

  function lookAgainSoon(object: ObjectName): void {
    clock.after(RACY_MS, () => {
      // On the way out the index may be closed already; the next start scans anyway.
      if (drain.aborted) return;
      intake.hint(source.pathOf(object)).catch(() => {
        missed = true;
      });
    });
  }

  /** Says what goes on now that something has ended. */
  function rest(): void {
    if (scans > 0 || containerTrouble.error) return;
    if (pending.size > 0) board.state('transferring', '');
    else board.state('in-sync', butFor(guard.holding !== undefined, quarantine.all.size > 0));
  }

  return {
    settings,
    parts,
    board,
    intake,
    source,
    renames,
    runs,
    containerTrouble,
    pending,
    async run(job) {
      pending.add(job.name, job.sinceMs);
      board.jobStarted(job, kindOf(job), job.seen?.size ?? 0);
      await attempts.run(job);
      board.jobEnded(job);
      await guard.settle().catch((error: unknown) => parts.log.error('guard not recorded', { mirror: name, error }));
      rest();
    },
    held,
    dropped,
    scanning(why) {
      scans += 1;
      board.state('scanning', why);
      return () => {
        scans -= 1;
        rest();
      };
    },
    miss() {
      missed = true;
    },
    takeMissed() {
      const was = missed;
      missed = false;
      return was;
    },
    beginSurvey: attempts.beginSurvey,
    begunUploads: uploads.names,
    async tidyUploads(needless, after, signal) {
      if (tidied && after !== 'reconcile') return;
      tidied = true;
      await orphans.tidy(needless, pending.has, signal);
    },
    flush: quarantine.flush,
    status: (watch) => {
      const oldest = pending.oldestMs();
      return {
        mirror: name,
        source: settings.source,
        target: settings.target,
        container: settings.container,
        prefix: settings.prefix,
        deletes: policy.deletes,
        ...board.snapshot(),
        ...(parts.health.trouble ? { state: 'target-down' as const, why: parts.health.trouble.message } : {}),
        objects: index.count(),
        queued: pending.size,
        retrying: attempts.retrying,
        quarantined: [...quarantine.all].map(([object, { reason, error, attempts: tries, sinceMs, nextTryMs }]) => ({
          name: object,
          reason,
          error,
          attempts: tries,
          sinceMs,
          nextTryMs: nextTryMs ?? null,
        })),
        held: total(guard.held),
        heldWhy: guard.holding?.why ?? '',
        heldSinceMs: guard.holding?.sinceMs ?? null,
        lease: parts.lease.status(),
        lagSeconds: oldest === undefined ? 0 : Math.max(0, (clock.now() - oldest) / 1_000),
        watch,
        lastScan: ledger.read().lastScan ?? null,
        lastReconcile: ledger.read().lastReconcile ?? null,
      };
    },
  };
}

/** What keeps a mirror that has nothing to do from being in sync. */
function butFor(held: boolean, givenUp: boolean): string {
  const what = [...(givenUp ? ['the objects that are given up'] : []), ...(held ? ['the deletes and overwrites that are held'] : [])];
  return what.length === 0 ? '' : `but for ${what.join(' and ')}`;
}

function total({ deletes, overwrites, foreign }: Guard['held']): number {
  return deletes + overwrites + foreign;
}

/** What a job will probably do, for people who look while it runs. */
function kindOf(job: Job): JobKind {
  if (job.lane === 'delete') return 'delete';
  return job.renamedFrom === undefined ? 'upload' : 'copy';
}

/** As text: what is there, or would be gone. A file that cannot be seen has no version, and that is one too. */
function versionOf({ name, seen, lane }: Job, source: SourceView): string {
  if (lane === 'delete') return 'absent';
  const look = seen ? undefined : source.lookFor(name);
  const entry = seen ?? (look?.found === 'entry' ? look.entry : undefined);
  return entry ? `${entry.size} ${entry.mtimeNs} ${entry.ctimeNs} ${entry.inode}` : (look?.found ?? 'unknown');
}
