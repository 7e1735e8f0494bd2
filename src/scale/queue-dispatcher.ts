import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { onAbort } from '../signal.js';
import { openJobQueue } from './bullmq.js';
import {
  type Dispatcher,
  type DispatcherStatus,
  QueueAwayError,
  type Refusal,
} from './dispatcher.js';
import type { JobFacts } from './job-form.js';
import { type JobsUnderWay, type JobUnderWay, jobsUnderWay } from './jobs-under-way.js';
import { createLooks, type Looks } from './looks.js';
import { createMirrorQueue, type MirrorQueue } from './mirror-queue.js';
import { createPlaces } from './places.js';
import { createLink, type QueueLink } from './queue-link.js';
import {
  createQueueLook,
  isRefused,
  jobsOfWorkers,
  type QueueLook,
  TAKE_BACK_MS,
} from './queue-look.js';
import type { QueueNames } from './queue-names.js';
import { leaveName } from './queue-owner.js';
import type { RedisConnection } from './redis.js';
import { followHistory } from './redis-history.js';
import { replyCode } from './redis-trouble.js';
import type { AnswerCounts, WorkerAnswers } from './worker-answers.js';

/** A dispatcher over BullMQ and Redis. It connects by itself, and reports what keeps it from that in `status` and in the log. */
export interface QueueDispatcher extends Dispatcher {
  /**
   * Takes jobs of this mirror from now on. `facts`: what each of them says besides its order; undefined: none may be done now,
   * as the lease is not held. Rejects where a package is missing.
   */
  serve(
    mirror: string,
    facts: () => JobFacts | undefined,
    reports?: ServeReports,
  ): Promise<ServedMirror>;
  /** Looks into Redis now. Resolves when that is done, whatever came of it. */
  look(): Promise<void>;
}

/** What a dispatcher has found out about a mirror. */
export interface ServeReports {
  /**
   * Gets the order of each batch that a worker has sent although nothing waits for it any more, so that it may have come late:
   * Redis was set back to a time before its answer.
   */
  readonly doneAgain?: (payload: string) => void;
  /** A worker takes its source for another one by the facts. Resolves when these have a later proof. */
  readonly proveSource?: () => Promise<void>;
}

export interface ServedMirror {
  /** Workers take no job of the mirror while it is paused. What they are at work on goes on. */
  setPaused(isPaused: boolean): void;
  /**
   * Takes no more jobs of it. Those that no worker has begun reject with QueueAwayError; resolves when the others have their
   * answers.
   */
  drain(): Promise<void>;
  /** Whether it takes no more jobs, and no worker can still be at work on one. */
  isDrained(): boolean;
  /** The mirror has ended. */
  close(): Promise<void>;
}

export interface QueueDispatcherOptions {
  /** A prompt one, which `close` closes. */
  readonly redis: RedisConnection;
  readonly names: QueueNames;
  /** This daemon, among all that use the same Redis; the same after a restart. For a person to read. */
  readonly self: string;
  /** See jobsUnderWay. */
  readonly epoch: string;
  readonly clock: Clock;
  readonly answers: WorkerAnswers;
  readonly log: Logger;
}

/** Between looks into Redis: for what no event reported, and for jobs that it has forgotten. */
const LOOK_EVERY_MS = 10_000;
/** While it is away. */
const RETRY_EVERY_MS = 2_000;

export function openQueueDispatcher(options: QueueDispatcherOptions): QueueDispatcher {
  const { redis, names, self, epoch, clock, answers, log } = options;
  const jobs = jobsUnderWay(epoch, clock.monotonic, () => places.changed());
  const served = new Map<string, MirrorQueue>();
  const link = createLink(clock, log);
  const stop = new AbortController();
  const history = followHistory(redis, () => {
    const shared = jobs.shareAll();
    if (shared > 0) log.info('Redis was started again, or is another one', { jobs: shared });
  });
  const found = createQueueLook({ ...options, history, link, served, stop: stop.signal });
  const looks = createLooks(async (kind) => {
    await found.look(kind);
    places.changed();
  });
  const places = createPlaces({ clock, jobs, jobsAtOnce });
  const endLooks = lookRegularly(options, looks, link, stop);

  function jobsAtOnce(mirror: string): number {
    const place = served.get(mirror);
    const isReady = link.isUp() && !stop.signal.aborted && place?.isOpen() === true;
    return isReady && place.facts() !== undefined ? jobsOfWorkers(found.workers(), mirror) : 0;
  }

  function notAdded(job: JobUnderWay, error: unknown): void {
    // It may be there all the same. The next look adds it again, which is harmless.
    if (replyCode(error) !== 'OOM') link.down(redis.trouble() ?? error);
    else {
      places.full();
      log.warn('queue full', { mirror: job.mirror, error });
      jobs.takenBack(job, 'Redis is full');
    }
  }

  /** The sign of the worker says more than its answer: see there. */
  async function afterRefusal(refusal: Refusal, prove: () => Promise<void>): Promise<void> {
    await looks.request('all');
    if (refusal !== 'source') return;
    await prove();
    await looks.request('all'); // the worker waits for the new facts
  }

  return {
    freePlaces: places.free,
    awaitPlace: places.whenFree,
    async run(order, signal) {
      signal.throwIfAborted();
      const place = served.get(order.mirror);
      const facts = place?.facts();
      if (!place || !facts || place.isDraining() || !link.isUp() || stop.signal.aborted)
        throw new QueueAwayError(`the queue takes no jobs of mirror ${order.mirror} now`, {
          nothingBegun: true,
        });
      const job = jobs.begin(order, facts);
      const forget = onAbort(signal, () => place.drop(job, signal.reason));
      try {
        void place.add(job);
        return await job.answer;
      } finally {
        forget();
      }
    },
    status: () => ({ ...statusOf(clock, jobs, link, found), ...answers.counts }),
    async serve(mirror, facts, { doneAgain = () => {}, proveSource = async () => {} } = {}) {
      const name = names.queueOf(mirror);
      const ended = () => void looks.request('answers');
      const failed = (error: Error) => log.debug('queue error', { mirror, error });
      const queue = await openJobQueue({ name, redis, ended, failed, clock });
      const place = createMirrorQueue({
        ...{ mirror, queue, facts, jobs, history },
        ...{ notAdded, doneAgain, answers, log },
        isRefused: () => isRefused(found.workers(), mirror),
        returned: (refusal) => void afterRefusal(refusal, proveSource),
      });
      served.set(mirror, place);
      void looks.request('all');
      return servedMirror(place, link, clock, jobs, () => served.delete(mirror));
    },
    look: () => looks.request('all'),
    async close() {
      const looked = endLooks();
      for (const place of served.values()) place.takeBack('the daemon ends');
      await looked;
      await Promise.allSettled([...served.values()].map((place) => place.close()));
      if (redis.isUp()) await leaveName(redis, names, self).catch(() => {}); // it ends by itself
      await redis.close();
    },
  };
}

/** Looks now and then, and when the connection is there again. Returns what ends that, and resolves when no look is under way. */
function lookRegularly(
  { redis, clock }: Pick<QueueDispatcherOptions, 'redis' | 'clock'>,
  looks: Looks,
  link: QueueLink,
  stop: AbortController,
): () => Promise<void> {
  const unlisten = redis.listen((isUp) => {
    if (isUp) void looks.request('all');
    else link.down(redis.trouble() ?? new QueueAwayError('the connection to Redis is lost'));
  });

  async function repeat(): Promise<void> {
    while (!stop.signal.aborted) {
      await looks.request('all');
      const ms = link.isUp() ? LOOK_EVERY_MS : RETRY_EVERY_MS;
      await clock.sleep(ms, stop.signal).catch(() => {});
    }
  }

  const repeating = repeat();
  return () => {
    stop.abort(new QueueAwayError('the daemon ends'));
    unlisten();
    return repeating;
  };
}

function servedMirror(
  place: MirrorQueue,
  link: QueueLink,
  clock: Pick<Clock, 'monotonic'>,
  jobs: Pick<JobsUnderWay, 'of' | 'leftAtMs'>,
  leave: () => void,
): ServedMirror {
  return {
    setPaused: (isPaused) => void place.setPaused(isPaused).catch(link.down),
    drain: () => place.drain().catch(link.down),
    isDrained() {
      const leftMs = clock.monotonic() - (jobs.leftAtMs(place.mirror) ?? Number.NEGATIVE_INFINITY);
      return place.isDraining() && jobs.of(place.mirror).length === 0 && leftMs > TAKE_BACK_MS;
    },
    async close() {
      leave();
      place.takeBack('the mirror has ended');
      await place.close();
    },
  };
}

function statusOf(
  clock: Pick<Clock, 'monotonic'>,
  jobs: JobsUnderWay,
  link: QueueLink,
  found: QueueLook,
): Omit<DispatcherStatus, keyof AnswerCounts> {
  const why = link.why();
  const otherProtocols = found.otherProtocols();
  const nowMs = clock.monotonic();
  const oldestMs = Math.min(nowMs, ...jobs.all().map(({ sinceMs }) => sinceMs));
  const { done, ...counts } = jobs.counts;
  return {
    up: link.isUp(),
    ...(why !== undefined && { why }),
    jobs: { ...found.jobs(), done },
    oldestMs: nowMs - oldestMs,
    workers: found.workers(),
    ...(otherProtocols.length > 0 && { otherProtocols }),
    ...counts,
  };
}
