import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { putFacts } from './daemon-facts.js';
import { QueueAwayError, type WorkerStatus } from './dispatcher.js';
import type { LookKind } from './looks.js';
import type { MirrorQueue } from './mirror-queue.js';
import type { QueueLink } from './queue-link.js';
import { PROTOCOL, type QueueNames } from './queue-names.js';
import { claimName } from './queue-owner.js';
import type { RedisConnection } from './redis.js';
import type { RedisHistory } from './redis-history.js';
import { readProtocols, readSigns } from './worker-sign.js';

/** What the daemon finds in Redis. */
export interface QueueLook {
  /** Looks, gives the jobs that have ended their answers, and takes back those that nothing will answer. Never rejects. */
  look(kind: LookKind): Promise<void>;
  /** As they were found last. */
  workers(): readonly WorkerStatus[];
  /** See DispatcherStatus; empty: a worker speaks ours, or none is there. */
  otherProtocols(): readonly number[];
  jobs(): { readonly waiting: number; readonly active: number };
}

export interface QueueLookOptions {
  readonly redis: RedisConnection;
  readonly history: RedisHistory;
  readonly names: QueueNames;
  /** See QueueDispatcherOptions. */
  readonly self: string;
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly link: QueueLink;
  readonly served: ReadonlyMap<string, MirrorQueue>;
  /** Aborted: the daemon ends, and trouble is none any more. */
  readonly stop: AbortSignal;
}

/** Away, or without workers, for so long, jobs are taken back. By then no worker trusts its lock or its lease any more. */
export const TAKE_BACK_MS = 45_000;
/** A worker counts as gone after 20 s of silence (see worker-sign.ts). */
const WITHOUT_WORKERS_MS = TAKE_BACK_MS - 20_000;

export function createQueueLook(options: QueueLookOptions): QueueLook {
  const { redis, history, names, self, clock, log, link, served, stop } = options;
  const alone = createAloneTimes(clock);
  let workers: readonly WorkerStatus[] = [];
  let otherProtocols: readonly number[] = [];
  let jobs = { waiting: 0, active: 0 };

  const isConnected = () => link.isUp() && history.isProven();

  /** Redis is there again, or for the first time; it may be another one than before. */
  async function connect(): Promise<void> {
    if (!redis.isUp()) throw redis.trouble() ?? new QueueAwayError('Redis does not answer');
    await history.prove();
    await claimName(redis, names, self);
    for (const place of [...served.values()]) await place.prepare();
  }

  /** Workers of another protocol wait in other queues, where nothing would show them. */
  async function lookAtProtocols(): Promise<void> {
    const wasReported = otherProtocols.length > 0;
    const spoken = workers.length > 0 ? [] : await readProtocols(redis, names);
    otherProtocols = spoken.filter((protocol) => protocol !== PROTOCOL);
    if (otherProtocols.length > 0 && !wasReported)
      log.warn('no worker speaks the protocol of this daemon', {
        protocol: PROTOCOL,
        spoken: otherProtocols.join(', '),
        help: 'install one version of longshore on all machines',
      });
  }

  async function lookAtAll(): Promise<void> {
    if (!isConnected()) await connect();
    await claimName(redis, names, self);
    workers = await readSigns(redis, names, clock.now());
    await lookAtProtocols();
    let [waiting, active] = [0, 0];
    for (const place of [...served.values()]) {
      if (!place.isOpen()) await place.prepare();
      await place.collect();
      await place.recover();
      await place.takeBackRefused();
      const facts = place.facts();
      if (facts !== undefined) await putFacts(redis, names, place.mirror, facts);
      const counts = await place.counts();
      waiting += counts.waiting;
      active += counts.active;
    }
    jobs = { waiting, active };
    if (!history.isProven()) throw new QueueAwayError('the connection to Redis was lost meanwhile');
    link.up();
  }

  function takeBackWhatIsDue(): void {
    const isAway = link.downForMs() >= TAKE_BACK_MS;
    for (const place of served.values()) {
      // Of workers nothing is known while Redis is away.
      const isAlone = link.isUp() && jobsOfWorkers(workers, place.mirror) === 0;
      const aloneMs = alone.of(place.mirror, isAlone);
      if (isAway) place.takeBack('Redis is away');
      else if (aloneMs >= WITHOUT_WORKERS_MS) place.takeBack('no worker is there');
    }
  }

  return {
    async look(kind) {
      try {
        if (kind === 'all' || !isConnected()) await lookAtAll();
        else for (const place of [...served.values()]) await place.collect();
      } catch (error) {
        if (!stop.aborted) link.down(redis.trouble() ?? error);
      }
      takeBackWhatIsDue();
    },
    workers: () => workers,
    otherProtocols: () => otherProtocols,
    jobs: () => jobs,
  };
}

/** Jobs that workers can do at once for a mirror that they do not refuse. */
export function jobsOfWorkers(workers: readonly WorkerStatus[], mirror: string): number {
  return workers
    .filter(
      ({ mirrors, refusals }) =>
        mirrors.includes(mirror) && refusals.every((refusal) => refusal.mirror !== mirror),
    )
    .reduce((sum, { jobs }) => sum + jobs, 0);
}

/** Whether workers help a mirror, and all of them return its jobs. */
export function isRefused(workers: readonly WorkerStatus[], mirror: string): boolean {
  const helps = workers.some(({ mirrors }) => mirrors.includes(mirror));
  return helps && jobsOfWorkers(workers, mirror) === 0;
}

/** For how long each mirror has had no workers. */
function createAloneTimes(clock: Pick<Clock, 'monotonic'>) {
  const since = new Map<string, number>();
  return {
    /** Milliseconds; 0 where it has some. */
    of(mirror: string, isAlone: boolean): number {
      if (!isAlone) since.delete(mirror);
      else if (!since.has(mirror)) since.set(mirror, clock.monotonic());
      return isAlone ? clock.monotonic() - (since.get(mirror) ?? 0) : 0;
    },
  };
}
