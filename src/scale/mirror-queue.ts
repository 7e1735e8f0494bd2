import type { Logger } from '../log.js';
import type { EndedJob, JobQueue } from './bullmq.js';
import type { Refusal } from './dispatcher.js';
import { type JobFacts, readAnswer, readJob } from './job-form.js';
import { isJobId, type JobsUnderWay, type JobUnderWay } from './jobs-under-way.js';
import type { RedisHistory } from './redis-history.js';
import { RedisUnfitError } from './redis-trouble.js';
import type { WorkerAnswers } from './worker-answers.js';

/** The jobs of one mirror between the daemon and Redis. Calls reject with the errors of Redis, and with RedisUnfitError. */
export interface MirrorQueue {
  readonly mirror: string;
  /** What each of its jobs says besides its order; undefined: none may be done now. */
  facts(): JobFacts | undefined;
  /** Redis has been looked through, and is as it should be; nothing keeps jobs from it. */
  isOpen(): boolean;
  isDraining(): boolean;
  /** Sets what Redis keeps about the queue, which it may have lost, and removes the jobs of earlier processes. */
  prepare(): Promise<void>;
  add(job: JobUnderWay): Promise<void>;
  /** Gives each job that has ended its answer. The jobs stay in Redis until the next call, when what their answers say is recorded. */
  collect(): Promise<void>;
  /** Adds jobs again that Redis has lost, as far as they still wait when that is known. */
  recover(): Promise<void>;
  counts(): ReturnType<JobQueue['counts']>;
  /** The caller wants no answer to it any more. */
  drop(job: JobUnderWay, reason: unknown): void;
  takeBack(why: string): void;
  /** Takes back the jobs that no worker has had, if all workers return jobs of the mirror: nothing would begin them. */
  takeBackRefused(): Promise<void>;
  /** Workers take no job of the mirror while it is paused. */
  setPaused(isPaused: boolean): Promise<void>;
  /** Takes back the jobs that no worker has begun; resolves when the others have their answers. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface MirrorQueueOptions {
  readonly mirror: string;
  readonly queue: JobQueue;
  readonly facts: () => JobFacts | undefined;
  readonly jobs: JobsUnderWay;
  readonly history: Pick<RedisHistory, 'isProven'>;
  /** A job could not be added, and nothing else reports that. */
  readonly notAdded: (job: JobUnderWay, error: unknown) => void;
  /** See ServeReports. */
  readonly doneAgain: (payload: string) => void;
  /** Whether all workers that were there at the last look return jobs of the mirror. */
  readonly isRefused: () => boolean;
  /** A worker has returned a job, and may leave the mirror alone from now on. */
  readonly returned: (refusal: Refusal) => void;
  readonly answers: Pick<WorkerAnswers, 'refused'>;
  readonly log: Pick<Logger, 'warn'>;
}

export function createMirrorQueue(options: MirrorQueueOptions): MirrorQueue {
  const { mirror, queue, jobs, notAdded, isRefused, log } = options;
  /** Jobs to be removed: they have their answers, or nothing waits for one any more. */
  const ended = new Set<string>();
  let isSwept = false;
  let isPaused = false;
  let isDraining = false;

  const pauseAsWanted = () => queue.setPaused(isPaused || isDraining);

  async function add(job: JobUnderWay): Promise<void> {
    const { id, kind, payload, facts } = job;
    job.state = 'adding';
    try {
      await queue.add(id, kind, { ...facts, mirror, payload });
      job.state = 'there';
      if (isDraining) await takeBackWaiting(options, [job], 'all', ENDS);
      else if (isRefused()) await takeBackWaiting(options, [job], 'unbegun', REFUSED);
    } catch (error) {
      job.state = 'unsure';
      notAdded(job, error);
    }
  }

  return {
    mirror,
    facts: options.facts,
    isOpen: () => isSwept && !isPaused && !isDraining,
    isDraining: () => isDraining,
    async prepare() {
      await queue.describe();
      if (!isSwept) await sweep(options);
      isSwept = true;
      await pauseAsWanted();
    },
    add,
    async collect() {
      const outdated = [...ended];
      await queue.remove(outdated);
      for (const id of outdated) ended.delete(id);
      for (const job of await queue.outbox()) {
        settle(job, options);
        ended.add(job.id);
      }
    },
    async recover() {
      const waiting = jobs.of(mirror);
      const there = waiting.filter(({ state }) => state === 'there').map(({ id }) => id);
      const lost = new Set(await queue.forgotten(there));
      const again = jobs.of(mirror).filter(({ id, state }) => lost.has(id) || state === 'unsure');
      if (lost.size > 0) {
        log.warn('queue has lost jobs, which are added again', { mirror, jobs: lost.size });
        await queue.describe();
      }
      for (const job of again) {
        if (jobs.get(job.id) === undefined) continue;
        jobs.readd(job);
        await add(job);
      }
    },
    counts: queue.counts,
    drop(job, reason) {
      ended.add(job.id);
      jobs.dropped(job, reason);
    },
    takeBack(why) {
      const mine = jobs.of(mirror);
      if (mine.length > 0)
        log.warn('jobs taken back from the queue', { mirror, jobs: mine.length, why });
      for (const job of mine) {
        ended.add(job.id);
        jobs.takenBack(job, why);
      }
    },
    async takeBackRefused() {
      const mine = jobs.of(mirror);
      const taken = isRefused() ? await takeBackWaiting(options, mine, 'unbegun', REFUSED) : 0;
      if (taken > 0)
        log.warn('jobs taken back from the queue', { mirror, jobs: taken, why: REFUSED });
    },
    setPaused(paused) {
      isPaused = paused;
      return pauseAsWanted();
    },
    async drain() {
      isDraining = true;
      await queue.setPaused(true);
      await takeBackWaiting(options, jobs.of(mirror), 'all', ENDS);
      await Promise.allSettled(jobs.of(mirror).map(({ answer }) => answer));
    },
    async close() {
      await queue.remove([...ended]).catch(() => {}); // the next process sweeps them
      await queue.close();
    },
  };
}

const ENDS = 'the mirror ends';
const REFUSED = 'no worker takes jobs of this mirror';

/** Takes back those of these jobs that wait for a worker; `unbegun`: for their first one. Resolves with how many. */
async function takeBackWaiting(
  { queue, jobs, history }: Pick<MirrorQueueOptions, 'queue' | 'jobs' | 'history'>,
  waiting: readonly JobUnderWay[],
  which: 'all' | 'unbegun',
  why: string,
): Promise<number> {
  const ids = waiting.map(({ id }) => id);
  const taken = await queue.takeBack(ids, which);
  for (const { id, wasBegun } of taken) {
    const job = jobs.get(id);
    if (job === undefined) continue;
    // The worker that fell silent may still be about to write.
    if (wasBegun || !history.isProven()) jobs.takenBack(job, why);
    else jobs.removed(job, why);
  }
  return taken.length;
}

/** Removes the jobs of earlier processes. */
async function sweep({ mirror, queue, jobs }: MirrorQueueOptions): Promise<void> {
  const ids = await queue.ids();
  const foreign = ids.find((id) => !isJobId(id));
  if (foreign !== undefined) throw foreignJob(mirror, foreign);
  await queue.remove(ids.filter((id) => jobs.get(id) === undefined));
}

/** Gives a job that has ended its answer, if one is waited for. */
function settle(found: EndedJob, options: MirrorQueueOptions): void {
  const { id, answer, failure, takenOver } = found;
  const { mirror, jobs, history, returned, log, answers } = options;
  if (!isJobId(id)) throw foreignJob(mirror, id);
  const job = jobs.get(id);
  if (job === undefined) {
    reportDoneAgain(found, options);
    return;
  }
  const changedHands = takenOver > 0 || job.isShared || !history.isProven();
  const read = readAnswer(answer);
  if (read === undefined) {
    const detail = failure === '' ? 'its answer has not the form of one' : failure;
    answers.refused({ mirror, job: id }, detail);
    jobs.refused(job, { refusal: 'failed', worker: 'unknown', detail, nothingBegun: false });
  } else if ('refusal' in read) {
    log.warn('worker returned a job', { mirror, job: id, ...read });
    jobs.refused(job, { ...read, nothingBegun: read.nothingBegun && !changedHands });
    returned(read.refusal);
  } else jobs.answered(job, { ...read, changedHands });
}

/** A job for which nothing waits any more may have had its answer before Redis was set back, and then another worker. */
function reportDoneAgain(
  { id, kind, data, answer }: EndedJob,
  { mirror, doneAgain, log }: MirrorQueueOptions,
): void {
  const read = readAnswer(answer);
  const order = readJob(data);
  if (kind !== 'send' || order === undefined) return;
  if (read !== undefined && 'refusal' in read && read.nothingBegun) return;
  log.warn('a worker has done a job for which nothing waits', { mirror, job: id });
  doneAgain(order.payload);
}

function foreignJob(mirror: string, id: string): RedisUnfitError {
  return new RedisUnfitError(
    `the queue of mirror ${mirror} has jobs that longshore has not added (such as ${id.slice(0, 64)}): give longshore a Redis, or a user of it, that nothing else writes with, and remove them`,
  );
}
