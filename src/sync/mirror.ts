import type { ObjectName } from '../state/object-index.js';
import type { WatchState } from '../watcher/watcher.js';
import { createAttempts } from './attempts.js';
import { type ContainerTrouble, createContainerTrouble } from './container-trouble.js';
import type { MirrorStatus } from './events.js';
import type { Change } from './guard/rule.js';
import { createIntake, type Intake } from './intake.js';
import type { Job } from './job.js';
import { keepAccounts } from './job-accounts.js';
import { createBoard, type MirrorBoard } from './mirror-board.js';
import type { MirrorParts } from './mirror-parts.js';
import type { MirrorSettings } from './mirror-settings.js';
import { statusOf } from './mirror-status.js';
import { createPending, type Pending } from './pending.js';
import { perform } from './perform.js';
import { openPlace, type Place } from './place.js';
import { openQuarantine } from './quarantine.js';
import { createRenames, type Renames } from './renames.js';
import { createRuns, type Runs } from './runs.js';
import { readUntil } from './source/read-until.js';
import { createSourceView, type SourceView } from './source/source-view.js';

/** One mirror at work: what its scans and its watch find becomes jobs, what the jobs do becomes records. */
export interface Mirror {
  readonly settings: MirrorSettings;
  readonly parts: MirrorParts;
  readonly board: MirrorBoard;
  readonly intake: Intake;
  readonly source: SourceView;
  readonly renames: Renames;
  readonly runs: Runs;
  readonly place: Place;
  readonly containerTrouble: ContainerTrouble;
  /** Work that is not durable yet, whoever asked for it. */
  readonly pending: Pending;
  /** Sees to one object; the queue calls it. Never rejects. */
  run(job: Job): Promise<void>;
  /** The queue will never run this job. */
  dropped(job: Job): void;
  /** A change is held, of which somebody will have to decide. */
  held(name: ObjectName, change: Change, run: number): void;
  /** Why a scan has found the source not to be what was mirrored before; undefined: it is. */
  doubted(why: string | undefined): void;
  /** The provider refuses what this kind of run needs of it, and why; undefined: no longer. */
  refused(run: 'scan' | 'reconcile', why: string | undefined): void;
  /** A scan is under way until what this returns is called. If it has failed, who began it says what that means for the mirror. */
  scanning(why: string): (end: 'finished' | 'failed') => void;
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
  const { settings, backend, index, guard, ledger, reader, queue, clock, log, random, persistence, interrupt, drain } = parts;
  const { name, container, policy, settleMs } = settings;
  const quarantine = openQuarantine(ledger, clock, log);
  const board = createBoard(name, clock, parts.observe);
  const source = createSourceView(settings, backend.capabilities.limits.maxKeyBytes, ledger.read, clock);
  const place = openPlace({ settings, backend, ledger, clock, log });
  const renames = createRenames(index);
  const runs = createRuns(clock);
  const pending = createPending();
  const containerTrouble = createContainerTrouble();
  const intake = createIntake({ mirror: name, queue, index, source, policy, renames, pending, clock });
  const accounts = keepAccounts({ parts, board, runs, renames, pending, source, intake, containerTrouble });
  const workplace = {
    ...place,
    source,
    index,
    reader: readUntil(reader, drain),
    drain,
    policy,
    clock,
    guard,
    mayDelete: () => ledger.read().reconciled,
    copiesFrom: renames.copiesFrom,
    madeRoom: accounts.madeRoom,
    notInTrash: (job: Job, why: string) => accounts.skipped(job, 'not-in-trash', why),
  };
  const attempts = createAttempts({
    container,
    perform: async (job) => {
      if (containerTrouble.error) throw containerTrouble.error;
      try {
        return await perform(withoutOldNews(job, runs), workplace, interrupt);
      } finally {
        // Even if it failed: an answer may have been lost.
        runs.changed(job.name, job.run);
      }
    },
    // Rejects only when nothing is begun any more, and the job was dropped.
    requeue: (job) => queue.add(job).catch(() => {}),
    versionOf: (job) => versionOf(job, source),
    quarantine,
    persistence,
    settleMs,
    clock,
    random,
    signal: drain,
    told: accounts,
  });
  let scans = 0;
  let doubt: string | undefined;
  const refusals = new Map<'scan' | 'reconcile', string>();

  /** Says what goes on now that something has ended. */
  function rest(): void {
    if (scans > 0 || containerTrouble.error) return;
    const [refusal] = refusals;
    if (doubt !== undefined) board.state('source-changed', doubt);
    else if (refusal !== undefined && !ledger.read().reconciled) board.state('target-down', refusal[1]);
    else if (pending.size > 0) board.state('transferring', '');
    else board.state('in-sync', butFor(guard.holding !== undefined, quarantine.all.size > 0, refusal));
  }

  return {
    settings,
    parts,
    board,
    intake,
    source,
    renames,
    runs,
    place,
    containerTrouble,
    pending,
    async run(job) {
      pending.add(job.name, job.sinceMs);
      board.jobStarted(job);
      await attempts.run(job);
      board.jobEnded(job);
      await guard.settle().catch((error: unknown) => log.error('guard not recorded', { mirror: name, error }));
      rest();
    },
    dropped: accounts.dropped,
    held: accounts.heldBack,
    doubted(why) {
      doubt = why;
    },
    refused(run, why) {
      if (why === undefined) refusals.delete(run);
      else refusals.set(run, why);
      rest();
    },
    scanning(why) {
      scans += 1;
      board.state('scanning', why);
      return (end) => {
        scans -= 1;
        if (end === 'finished') rest();
      };
    },
    miss: accounts.miss,
    takeMissed: accounts.takeMissed,
    beginSurvey: attempts.beginSurvey,
    flush: quarantine.flush,
    status: (watch) => statusOf({ parts, board, pending, quarantine, retrying: attempts.retrying, watch }),
  };
}

/** What keeps a mirror that has nothing to do from being in sync. */
function butFor(held: boolean, givenUp: boolean, refusal: readonly [run: string, why: string] | undefined): string {
  const what = [
    ...(givenUp ? ['the objects that are given up'] : []),
    ...(held ? ['the deletes and overwrites that are held'] : []),
    ...(refusal ? [`what a ${refusal[0]} would find, which is refused and tried again: ${refusal[1]}`] : []),
  ];
  return what.length === 0 ? '' : `but for ${what.join(' and ')}`;
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
  const look = seen ? undefined : source.lookFor(name);
  const entry = seen ?? (look?.found === 'entry' ? look.entry : undefined);
  return entry ? `${entry.size} ${entry.mtimeNs} ${entry.ctimeNs} ${entry.inode}` : (look?.found ?? 'unknown');
}
