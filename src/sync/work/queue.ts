import { createCondition } from '../../condition.js';
import { NEVER_ABORTED, onAbort } from '../../signal.js';
import { createGatheredKeys } from './gathered-keys.js';
import { createJobKeys, type JobKeys } from './job-keys.js';
import { type Lane, type Lanes, type LanesOptions, openLanes } from './lanes.js';
import { openDrops } from './queue-drops.js';

export interface QueuedJob {
  /** One mirror's name for the object: at most one job per key is under way. */
  readonly key: string;
  readonly lane: Lane;
}

/** Many names of one mirror that are seen to together. None of their keys is in the queue when it is added. */
export interface QueuedBatch {
  readonly keys: readonly string[];
  /**
   * Never rejects. A job that is added for one of the keys meanwhile runs afterwards. After `freeSlot` another batch can start
   * beside it.
   */
  run(freeSlot: () => void): Promise<void>;
  /** Called instead of `run` when the queue was cleared or stopped. */
  dropped(): void;
}

/**
 * What of a target's work is done when. A job is waiting, then running, then gone. A key that is added again while it
 * waits is served by the job that waits, in the light of what the newer one knows; one that is added again while it
 * runs is running-and-stale, and runs again afterwards with the newer job.
 */
export interface JobQueue<J extends QueuedJob> {
  /** Gives the queue what runs its jobs; called once, before the first job is added. */
  start(worker: JobWorker<J>): void;
  /**
   * Resolves as soon as the job is among the waiting ones, never more than `waitingLimit`. Rejects with the
   * reason of the queue's signal once that is aborted; the job is dropped then. `until`: its caller waits for room no
   * longer than this, by default as long as the queue is open.
   */
  add(job: J, until?: AbortSignal): Promise<void>;
  /** The same for a job that was taken before: its caller is not held back, as the job was in memory all the time. */
  putBack(job: J): void;
  /**
   * Resolves when no batch waits: what is unpacked before takes memory that nothing needs yet. Rejects as `addBatch` does. Several
   * callers may go on at once.
   */
  whenNoBatchWaits(until?: AbortSignal): Promise<void>;
  /** As `add` for a batch. It counts as running from the beginning: it compares versions when it reads the files. */
  addBatch(batch: QueuedBatch, until?: AbortSignal): Promise<void>;
  /** Running jobs go on; no other is started until `resume`. */
  pause(): void;
  resume(): void;
  readonly paused: boolean;
  /** Whether a job or a batch of this key waits or runs. */
  has(key: string): boolean;
  /** The job of this key that waits, also for the one that runs now. */
  next(key: string): J | undefined;
  readonly waiting: number;
  readonly running: number;
  /** Drops what waits. Running jobs go on: they hold signals of their own. */
  clear(): void;
  /** The same for some keys. None of them is added meanwhile. Resolves when none of them waits or runs. */
  leave(isOne: (key: string) => boolean): Promise<void>;
  /** Resolves when nothing waits or runs. */
  whenIdle(): Promise<void>;
}

/** Runs the jobs of a queue. */
export interface JobWorker<J> {
  /** Never rejects: what becomes of a failed job is its mirror's business. */
  run(job: J): Promise<void>;
  /**
   * Runs many deletes of one moment together. Never rejects. Resolves with those that it did not run: each of them runs
   * alone. Undefined: all do.
   */
  readonly runTogether?: (jobs: readonly J[]) => Promise<readonly J[]>;
  /** Called for each job that will never run: another one serves its key, or the queue was cleared or stopped. */
  dropped(job: J): void;
}

export interface QueueOptions<J> extends LanesOptions {
  /** The job that waits, with what is known since a newer one for its key was added. Without it, as it was. */
  readonly combine?: (waiting: J, newer: J) => J;
  /** Once it is aborted no job is started any more: what waits is dropped, and so is what is added later. Default: never. */
  readonly signal?: AbortSignal;
}

/** Fewer deletes run alone. */
export const FEWEST_TOGETHER = 16;

export function createQueue<J extends QueuedJob>(options: QueueOptions<J>): JobQueue<J> {
  const { combine = (waiting) => waiting, signal = NEVER_ABORTED } = options;
  const lanes = openLanes(options, signal);
  const keys = createJobKeys(combine);
  const ended = createCondition();
  const { start, endAll, gathered } = openStarts({
    keys,
    lanes,
    worker: started,
    signal,
    ended: ended.notifyAll,
  });
  const waitingBatches = new Set<QueuedBatch>();
  /** Those that take no slot any more as well. */
  const runningBatches = new Set<Promise<void>>();
  const dropped = (job: J) => started().dropped(job);
  const { clear, leave } = openDrops({ keys, lanes, gathered, waitingBatches, dropped, ended });
  let worker: JobWorker<J> | undefined;

  function started(): JobWorker<J> {
    if (worker === undefined) throw new Error('a job was added to a queue that was not started');
    return worker;
  }

  /** False: another job serves its key. */
  function take(job: J): boolean {
    const begun = started();
    if (signal.aborted) {
      begun.dropped(job);
      return false;
    }
    const { starts, needless } = keys.add(job);
    if (needless !== undefined) begun.dropped(needless);
    if (starts) start(job);
    return starts;
  }

  /** Resolves when the batch is done, or takes no slot any more. */
  async function performBatch(batch: QueuedBatch): Promise<void> {
    if (!waitingBatches.delete(batch)) return; // as in perform()
    await new Promise<void>((freeSlot) => {
      const done = batch.run(freeSlot).finally(() => {
        endAll(batch.keys);
        runningBatches.delete(done);
        freeSlot();
      });
      runningBatches.add(done);
    });
  }

  onAbort(signal, clear);

  return {
    start(given) {
      worker = given;
    },
    async add(job, until = signal) {
      if (!take(job)) return signal.throwIfAborted();
      if (job.lane === 'delete') await gathered.whenRoom(until);
      else await lanes.whenRoom(job.lane, until);
    },
    putBack: (job) => void take(job),
    whenNoBatchWaits: (until = signal) => lanes.whenNoBatchWaits(until),
    async addBatch(batch, until = signal) {
      if (signal.aborted) batch.dropped();
      signal.throwIfAborted();
      batch.keys.forEach(keys.run);
      waitingBatches.add(batch);
      lanes.start('batch', () => performBatch(batch));
      await lanes.whenRoom('batch', until);
    },
    pause() {
      lanes.pause();
      gathered.pause();
    },
    resume() {
      lanes.resume();
      gathered.resume();
    },
    get paused() {
      return lanes.paused;
    },
    has: keys.has,
    next: keys.next,
    get waiting() {
      return keys.waiting;
    },
    get running() {
      return keys.running;
    },
    async whenIdle() {
      while (keys.waiting + keys.running > 0)
        await Promise.all([lanes.whenIdle(), gathered.whenIdle(), ...runningBatches]);
    },
    clear,
    leave,
  };
}

interface StartsOptions<J extends QueuedJob> {
  readonly keys: JobKeys<J>;
  readonly lanes: Lanes;
  readonly worker: () => JobWorker<J>;
  readonly signal: AbortSignal;
  /** Called when a key does not run any more. */
  readonly ended: () => void;
}

/** Starts jobs in their lanes; the deletes of one turn together. */
function openStarts<J extends QueuedJob>({ keys, lanes, worker, signal, ended }: StartsOptions<J>) {
  const gathered = createGatheredKeys(performTogether);

  function start({ key, lane }: J): void {
    if (lane === 'delete') gathered.add(key);
    else lanes.start(lane, () => perform(key));
  }

  async function performTogether(group: readonly string[]): Promise<void> {
    const { runTogether, dropped } = worker();
    let alone = group;
    if (runTogether !== undefined && group.length >= FEWEST_TOGETHER) {
      const jobs = group.map(keys.begin).filter((job) => job !== undefined);
      const left = await runTogether(jobs);
      const given = new Set(left.map(({ key }) => key));
      for (const { key } of jobs) if (!given.has(key) || signal.aborted) end(key);
      for (const job of left) (signal.aborted ? dropped : keys.giveBack)(job);
      ended();
      alone = signal.aborted ? [] : [...given];
    }
    for (const key of alone) lanes.start('delete', () => perform(key));
    await lanes.whenRoom('delete').catch(() => {}); // rejects when stopped: then nothing more is taken
  }

  function endAll(group: readonly string[]): void {
    for (const key of group) {
      const again = keys.end(key);
      if (again) start(again);
    }
    ended();
  }

  const end = (key: string) => endAll([key]);

  async function perform(key: string): Promise<void> {
    const job = keys.begin(key);
    // Dropped by clear(), which empties the lanes a turn before p-queue forgets what it has already handed out.
    if (job === undefined) return;
    await worker()
      .run(job)
      .finally(() => end(key));
  }

  return { start, endAll, gathered };
}
