import type { ObjectIndex } from '../../state/object-index.js';
import { changeOf, createDenial, type Denial } from '../denial.js';
import { readUntil } from '../source/read-until.js';
import type { SourceView } from '../source/source-view.js';
import type { JobFacts } from '../work/attempt-parts.js';
import { type Attempts, createAttempts } from '../work/attempts.js';
import { type Books, openBooks } from '../work/books.js';
import { openEffects } from '../work/effects.js';
import type { Job } from '../work/job.js';
import { createLinkedSends } from '../work/linked-sends.js';
import type { Outcome } from '../work/outcome.js';
import { perform } from '../work/perform.js';
import type { RemoteRoot } from '../work/remote-root.js';
import type { SecondLooks } from '../work/second-looks.js';
import { createTargetRoom, roomPatience, type TargetRoom } from '../work/target-room.js';
import { createDeleteRoad, type DeleteRoad } from './delete-road.js';
import type { Findings } from './findings.js';
import { createHeldChanges, type HeldChanges } from './held-changes.js';
import { createHoldPage, type HoldPage } from './hold-page.js';
import { createJobLedger, type JobLedger } from './job-ledger.js';
import type { MirrorBooks } from './mirror-books.js';
import type { MirrorParts } from './mirror-parts.js';
import type { MirrorStats } from './mirror-stats.js';
import { createOpenJobs, type OpenJobs } from './open-jobs.js';
import { createRetries } from './retries.js';
import type { Runs } from './runs.js';

/** Runs the jobs of one mirror, and books what becomes of them. */
export interface JobRunner {
  /** Attempts the job and books the verdict. */
  run(job: Job): Promise<void>;
  readonly deletes: DeleteRoad;
  readonly attempts: Pick<Attempts, 'retrying' | 'beginSurvey'>;
  readonly openJobs: OpenJobs;
  readonly held: HeldChanges;
  readonly holdPage: HoldPage;
  readonly room: TargetRoom;
  readonly denial: Pick<Denial, 'prove'>;
  readonly books: Pick<Books, 'proveAll'>;
}

export function openJobRunner(
  parts: MirrorParts,
  books: MirrorBooks,
  findings: Findings,
  source: SourceView,
  root: RemoteRoot,
  secondLooks: SecondLooks | undefined,
): JobRunner {
  const { queue, guard, health, clock, random, persistence, statAgain } = parts;
  const { stats, runs, pending, missed, containerTrouble, waits, quarantine, scans } = books;
  const { dependents, hintRacy } = findings;
  const room = createTargetRoom({
    clock,
    random,
    ...roomPatience(persistence),
    mayFindDeletes: () => scans.size > 0,
    isStopped: () => containerTrouble.error !== undefined,
  });
  const openJobs = createOpenJobs({ queue, pending, runs, stats, room, dependents });
  const held = createHeldChanges({ guard, runs, stats, dependents });
  const jobLedger = createJobLedger({
    containerTrouble,
    stats,
    runs,
    openJobs,
    dependents,
    retries: createRetries({ queue, health, waits, openJobs, dependents, missed }),
    missed,
    held,
  });
  const denial = createDenial(changeOf(parts), clock);
  const context = contextOf({ parts, findings, source, root, secondLooks, jobLedger, stats });
  const attempts = createAttempts({
    parts,
    perform: performer({ parts, books, context, denial }),
    facts: jobFacts(source, parts.index),
    quarantine,
    room,
    waits,
  });

  const holdPage = createHoldPage({
    parts,
    source,
    whereabouts: findings.whereabouts,
    pending,
    quarantine,
    held,
    dependents,
  });

  const deletes = createDeleteRoad({
    context: {
      ...context,
      forgetAll: context.books.forgetAll,
      isFresh: (name) => attempts.isFresh(name) && root.uploads.isIdle(name),
      withoutStaleListing: (job) => withoutStaleListing(job, runs),
    },
    stats,
    runs,
    pending,
    openJobs,
    room,
    containerTrouble,
    clock,
    interrupt: parts.interrupt,
  });

  return {
    books: context.books,
    deletes,
    attempts,
    openJobs,
    held,
    holdPage,
    room,
    denial,
    async run(job) {
      const verdict = await attempts.run(job);
      try {
        jobLedger.book(job, verdict);
      } catch (error) {
        // The index could not be read, which concerns the whole mirror.
        jobLedger.book(job, attempts.failed(job, error));
      }
      if (!statAgain || verdict.verdict !== 'done') return;
      const { record } = verdict.outcome.entry;
      if (record !== undefined) hintRacy([[job.name, record]]);
    },
  };
}

interface ContextOptions {
  readonly parts: MirrorParts;
  readonly findings: Findings;
  readonly source: SourceView;
  readonly root: RemoteRoot;
  readonly secondLooks: SecondLooks | undefined;
  readonly jobLedger: Pick<JobLedger, 'notInTrash' | 'attributesSkipped'>;
  readonly stats: Pick<MirrorStats, 'sending'>;
}

function contextOf(options: ContextOptions) {
  const { parts, findings, source, root, secondLooks, jobLedger, stats } = options;
  const { settings, index, reader, guard, ledger, clock, makesPlan, drain } = parts;
  const { store, trash, aside, uploads, orphans } = root;
  return {
    trash,
    aside,
    source,
    index,
    effects: openEffects({
      store,
      reader: readUntil(reader, drain),
      absolute: source.absolute,
      drain,
    }),
    books: openBooks({ index, uploads, orphans, aside }),
    makesPlan,
    drain,
    policy: settings.policy,
    clock,
    guard,
    mayDelete: () => ledger.read().reconciled,
    whereabouts: findings.whereabouts,
    waitingJobs: findings.waitingJobs,
    linkedSends: createLinkedSends(),
    racyFiles: findings.racyFiles,
    secondLooks,
    remoteParts: parts.remoteParts,
    seeTo: findings.admission.seeTo,
    sending: (job: Job, size: number, partSize: number) => stats.sending(job.name, size, partSize),
    notInTrash: jobLedger.notInTrash,
    attributesSkipped: jobLedger.attributesSkipped,
  };
}

interface PerformerOptions {
  readonly parts: Pick<MirrorParts, 'interrupt'>;
  readonly books: Pick<MirrorBooks, 'containerTrouble' | 'runs'>;
  readonly context: ReturnType<typeof contextOf>;
  readonly denial: Pick<Denial, 'judge'>;
}

function performer({
  parts: { interrupt },
  books: { containerTrouble, runs },
  context,
  denial,
}: PerformerOptions): (job: Job) => Promise<Outcome> {
  return async (job) => {
    if (containerTrouble.error) throw containerTrouble.error;
    try {
      const outcome = await perform(withoutStaleListing(job, runs), context, interrupt);
      await context.books.record(job.name, outcome, interrupt);
      return outcome;
    } catch (error) {
      throw await denial.judge(error, interrupt);
    } finally {
      // Also after a failure: the request may have succeeded, and its response may be lost.
      runs.changed(job.name, job.run);
    }
  };
}

/** The job without what a listing says of its object, if jobs may have changed the object since the listing was requested. */
function withoutStaleListing(job: Job, runs: Runs): Job {
  if (typeof job.remote === 'string' && job.remote !== 'absent') return job;
  const listing = runs.get(job.listedIn);
  return listing === undefined || listing.changed.has(job.name)
    ? Object.assign({}, job, { remote: 'ask' as const })
    : job;
}

function jobFacts(source: SourceView, index: ObjectIndex): JobFacts {
  return {
    sizeOf({ name, seen, lane }) {
      const state = seen === undefined && lane !== 'delete' ? source.statPath(name) : undefined;
      const size = seen?.size ?? (state?.found === 'entry' ? state.entry.size : undefined);
      return size ?? index.get(name)?.size ?? 0;
    },
    // A file that cannot be read, and a file that is missing, each count as a version too.
    versionOf({ name, seen, lane }) {
      if (lane === 'delete') return 'absent';
      const state = seen ? undefined : source.statPath(name);
      const entry = seen ?? (state?.found === 'entry' ? state.entry : undefined);
      return entry
        ? `${entry.size} ${entry.mtimeNs} ${entry.ctimeNs} ${entry.inode}`
        : (state?.found ?? 'unknown');
    },
  };
}
