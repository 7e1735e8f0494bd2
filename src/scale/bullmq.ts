import type { Job, Queue } from 'bullmq';
import type { Clock } from '../clock.js';
import { MOST_JOBS } from '../config/queue.js';
import { packageMissing } from './package-missing.js';
import { followEvents } from './queue-events.js';
import { PREFIX } from './queue-names.js';
import type { RedisConnection } from './redis.js';

/** The queue of one mirror in Redis, as the daemon sees it. Calls reject with the errors of Redis. */
export interface JobQueue {
  /** Adding a job of the same id twice is harmless: the second is none. */
  add(id: string, kind: string, data: object): Promise<void>;
  /** Jobs that have ended, the oldest first, whichever program added them. They stay until they are removed. */
  outbox(): Promise<readonly EndedJob[]>;
  /** Those of these jobs that Redis has not. */
  forgotten(ids: readonly string[]): Promise<readonly string[]>;
  /** Removes jobs as far as no worker is at work on them. Resolves with those that it has removed. */
  remove(ids: readonly string[]): Promise<readonly string[]>;
  /**
   * Removes those of these jobs that wait for a worker, and none that has ended: its answer stays. `unbegun`: only those that no
   * worker has ever had. Resolves with those that it has removed.
   */
  takeBack(ids: readonly string[], which: 'all' | 'unbegun'): Promise<readonly TakenBack[]>;
  /** The ids of all jobs in it, whichever program added them; of a larger queue a part. */
  ids(): Promise<readonly string[]>;
  /** Workers take no job while it is paused. */
  setPaused(isPaused: boolean): Promise<void>;
  counts(): Promise<{ readonly waiting: number; readonly active: number }>;
  /** Sets what Redis keeps about the queue itself, which it may have lost. */
  describe(): Promise<void>;
  close(): Promise<void>;
}

export interface EndedJob {
  readonly id: string;
  /** Anything, as its data, until it was checked. */
  readonly kind: string;
  readonly data: unknown;
  /** What a worker returned: anything, until it was checked. Undefined: the job failed. */
  readonly answer: unknown;
  /** Why it failed. */
  readonly failure: string;
  /** How often it was taken from a worker that fell silent. */
  readonly takenOver: number;
}

export interface TakenBack {
  readonly id: string;
  /** A worker had it, and fell silent. */
  readonly wasBegun: boolean;
}

export interface JobQueueOptions {
  readonly name: string;
  readonly redis: RedisConnection;
  /** A job has ended. Called soon, but not surely. */
  readonly ended: () => void;
  /** Something failed that no call reports. */
  readonly failed: (error: Error) => void;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** BullMQ copies each answer into the stream of events: with its own limit of 10,000 that were 110 MiB. */
const EVENTS = { 'opts.maxLenEvents': 100 };
/** Jobs that are looked at together: all, and those that wait to be removed. */
const MOST_SEEN = 4 * MOST_JOBS;

/** The daemon's side of a queue. Rejects where the package is missing. */
export async function openJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const bullmq = await loadBullmq();
  const { name, redis, ended, failed, clock } = options;
  const queue = new bullmq.Queue(name, {
    connection: redis.client,
    prefix: PREFIX,
    streams: { events: { maxLen: EVENTS['opts.maxLenEvents'] } },
    // What it would find out, it only prints; `redis.prove` refuses it.
    skipVersionCheck: true,
    skipWaitingForReady: true,
  });
  queue.on('error', failed);
  const key = queue.toKey('events');
  const stopFollowing = followEvents({ client: redis.openWaiting(), key, ended, clock });
  return {
    async add(id, kind, data) {
      await queue.add(kind, data, { jobId: id, attempts: 1 });
    },
    async outbox() {
      const jobs = await queue.getJobs(['completed', 'failed'], 0, MOST_SEEN - 1, true);
      return jobs.map(endedJob);
    },
    async forgotten(ids) {
      const there = await Promise.all(ids.map((id) => redis.client.exists(queue.toKey(id))));
      return ids.filter((_, at) => there[at] === 0);
    },
    async remove(ids) {
      const removed = await Promise.all(ids.map((id) => queue.remove(id)));
      return ids.filter((_, at) => removed[at] === 1);
    },
    takeBack: (ids, which) => takeBack(redis, queue, ids, which),
    ids: () => idsIn(queue),
    setPaused: (isPaused) => (isPaused ? queue.pause() : queue.resume()),
    async counts() {
      const { waiting = 0, active = 0 } = await queue.getJobCounts('waiting', 'active');
      return { waiting, active };
    },
    async describe() {
      await queue.getBackend().setQueueMeta(EVENTS);
    },
    async close() {
      stopFollowing();
      await queue.close();
    },
  };
}

/**
 * What BullMQ's own removal of a job does to one that waits, in one step: it would remove one as well that has ended meanwhile.
 * `processedOn` is there from the moment on when the first worker had it.
 */
const TAKE_BACK = `
local taken = {}
for at = 2, #ARGV do
  local job = KEYS[2] .. ARGV[at]
  local wasBegun = redis.call('HEXISTS', job, 'processedOn')
  if (wasBegun == 0 or ARGV[1] == 'all') and redis.call('LREM', KEYS[1], 1, ARGV[at]) == 1 then
    redis.call('DEL', job)
    table.insert(taken, { ARGV[at], wasBegun })
  end
end
return taken`;

async function takeBack(
  redis: RedisConnection,
  queue: Queue,
  ids: readonly string[],
  which: 'all' | 'unbegun',
): Promise<readonly TakenBack[]> {
  if (ids.length === 0) return [];
  const keys = [queue.toKey('wait'), queue.toKey('')];
  const taken = await redis.eval(TAKE_BACK, keys, [which, ...ids]);
  return (taken as readonly (readonly [string, number])[]).map(([id, wasBegun]) => ({
    id,
    wasBegun: wasBegun !== 0,
  }));
}

const STATES = ['wait', 'active', 'delayed', 'prioritized', 'completed', 'failed'] as const;

async function idsIn(queue: Queue): Promise<readonly string[]> {
  const jobs = await queue.getJobs([...STATES], 0, MOST_SEEN - 1);
  return jobs.flatMap((job) => job.id ?? []);
}

function endedJob(job: Job): EndedJob {
  const { id, name, data, returnvalue, failedReason, finishedOn, stalledCounter } = job;
  const hasFailed = failedReason !== undefined && failedReason !== '';
  return {
    id: id ?? '',
    kind: name,
    data,
    answer: hasFailed || finishedOn === undefined ? undefined : returnvalue,
    failure: failedReason ?? '',
    takenOver: stalledCounter,
  };
}

/** The queue of one mirror in Redis, as a worker sees it. */
export interface JobSource {
  /** Takes no job while it is paused; what it is at work on goes on. */
  setPaused(isPaused: boolean): Promise<void>;
  /** Takes no more jobs. Resolves when those that it is at work on have ended and are answered. */
  drain(): Promise<void>;
  /** Ends at once. Jobs without an answer go to another worker when their locks have ended. */
  close(): Promise<void>;
}

/** A job that was taken from the queue, with a lock on it. */
export interface TakenJob {
  readonly id: string;
  /** Anything, as its data, until it was checked. */
  readonly kind: string;
  readonly data: unknown;
  /** How often it was taken from a worker that fell silent. */
  readonly takenOver: number;
  /** Makes the lock last 30 s from now on. Resolves with false when it is not ours any more. Rejects with the errors of Redis. */
  extendLock(): Promise<boolean>;
}

export interface JobSourceOptions {
  readonly name: string;
  /** A patient one. */
  readonly redis: RedisConnection;
  /** Jobs at once. */
  readonly jobs: number;
  /** Does a job, and resolves with its answer. */
  readonly work: (job: TakenJob) => Promise<object>;
  readonly failed: (error: Error) => void;
}

/** How long a lock lasts, and how often workers look for jobs whose lock has ended. */
const LOCK_MS = 30_000;
const STALLED_EVERY_MS = 5_000;
/** The default, 1, makes a job fail when it has lost its second worker. */
const MOST_STALLED = 1_000;
const RETRY_MS = 2_000;

/** A worker's side of a queue. Rejects where the package is missing. */
export async function openJobSource(options: JobSourceOptions): Promise<JobSource> {
  const { name, redis, jobs, work, failed } = options;
  const bullmq = await loadBullmq();
  const worker = new bullmq.Worker(
    name,
    (job, token = '') =>
      work({
        id: job.id ?? '',
        kind: job.name,
        data: job.data,
        takenOver: job.stalledCounter,
        extendLock: async () => (await job.extendLock(token, LOCK_MS)) === 1,
      }),
    {
      connection: redis.client,
      prefix: PREFIX,
      concurrency: jobs,
      lockDuration: LOCK_MS,
      // Its own renewal says when it was answered, not when it was sent: a frozen worker would trust it for too long.
      skipLockRenewal: true,
      stalledInterval: STALLED_EVERY_MS,
      maxStalledCount: MOST_STALLED,
      runRetryDelay: RETRY_MS,
      skipVersionCheck: true,
    },
  );
  worker.on('error', failed);
  let isDraining = false;
  return {
    async setPaused(isPaused) {
      // A paused worker waits for nothing: what runs goes on.
      if (isPaused) await worker.pause(true);
      else await worker.resume();
    },
    drain() {
      isDraining = true;
      return worker.close();
    },
    async close() {
      if (!isDraining) return worker.close(true);
      // The end that is under way may wait for Redis, and a second call would wait for the first.
      (await worker.getBackend().blockingClient)?.disconnect();
    },
  };
}

/** BullMQ, which is loaded only where a queue is configured. */
async function loadBullmq(): Promise<typeof import('bullmq')> {
  try {
    return await import('bullmq');
  } catch (error) {
    throw packageMissing(error);
  }
}
