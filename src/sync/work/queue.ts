import PQueue from 'p-queue';
import { NEVER_ABORTED, onAbort, orAborted } from '../../signal.js';
import { createJobKeys } from './job-keys.js';

/**
 * A lane has slots of its own: large files cannot fill all of them, and small ones overtake large ones. Deletes have
 * theirs because they wait for one another to share a request.
 */
export type Lane = 'small' | 'large' | 'delete';

export interface QueuedJob {
  /** One mirror's name for the object: at most one job per key is under way. */
  readonly key: string;
  readonly lane: Lane;
}

/** Many names of one mirror that are seen to together. None of their keys is in the queue when it is added. */
export interface QueuedBatch {
  readonly keys: readonly string[];
  /** Never rejects. A job that is added for one of the keys meanwhile runs afterwards. */
  run(): Promise<void>;
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
   * reason of the queue's signal once that is aborted; the job is dropped then.
   */
  add(job: J): Promise<void>;
  /** The same for a job that was taken before: its caller is not held back, as the job was in memory all the time. */
  putBack(job: J): void;
  /** As `add` for a batch. It counts as running from the beginning: it compares versions when it reads the files. */
  addBatch(batch: QueuedBatch): Promise<void>;
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
  /** Resolves when nothing waits or runs. */
  whenIdle(): Promise<void>;
}

/** Runs the jobs of a queue. */
export interface JobWorker<J> {
  /** Never rejects: what becomes of a failed job is its mirror's business. */
  run(job: J): Promise<void>;
  /** Called for each job that will never run: another one serves its key, or the queue was cleared or stopped. */
  dropped(job: J): void;
}

export interface QueueOptions<J> {
  /** Jobs of the small lane under way at once. */
  readonly concurrency: number;
  readonly waitingLimit: number;
  /** Slots of the delete lane, if these are more than it has anyway: deletes hold theirs while they wait for a full request. */
  readonly deletesAtOnce?: number;
  /** The job that waits, with what is known since a newer one for its key was added. Without it, as it was. */
  readonly combine?: (waiting: J, newer: J) => J;
  /** Once it is aborted no job is started any more: what waits is dropped, and so is what is added later. Default: never. */
  readonly signal?: AbortSignal;
}

/** Large files in flight at once, of each 8 slots: enough to fill a line, few enough to bound memory and sockets. */
const LARGE_SHARE = 8;
const LARGE_MOST = 3;

/** Batches under way: one is read, one is sent, one is recorded. As many wait before their caller does. */
const BATCHES_AT_ONCE = 3;
const BATCHES_WAITING = 2;

export function createQueue<J extends QueuedJob>(options: QueueOptions<J>): JobQueue<J> {
  const { combine = (waiting) => waiting, signal = NEVER_ABORTED } = options;
  const lanes = openLanes(options, signal);
  const keys = createJobKeys(combine);
  const waitingBatches = new Set<QueuedBatch>();
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

  function start({ key, lane }: J): void {
    lanes.start(lane, () => perform(key));
  }

  function end(key: string): void {
    const again = keys.end(key);
    if (again) start(again);
  }

  async function perform(key: string): Promise<void> {
    const job = keys.begin(key);
    // Dropped by clear(), which empties the lanes a turn before p-queue forgets what it has already handed out.
    if (job === undefined) return;
    await started()
      .run(job)
      .finally(() => end(key));
  }

  async function performBatch(batch: QueuedBatch): Promise<void> {
    if (!waitingBatches.delete(batch)) return; // as in perform()
    await batch.run().finally(() => batch.keys.forEach(end));
  }

  function clear(): void {
    lanes.clear();
    const batches = [...waitingBatches];
    waitingBatches.clear();
    const jobs = keys.clear();
    for (const batch of batches) batch.keys.forEach(keys.end);
    for (const job of jobs) started().dropped(job);
    for (const batch of batches) batch.dropped();
  }

  onAbort(signal, clear);

  return {
    start(given) {
      worker = given;
    },
    async add(job) {
      const starts = take(job);
      signal.throwIfAborted();
      if (starts) await lanes.whenRoom(job.lane);
    },
    putBack: (job) => void take(job),
    async addBatch(batch) {
      if (signal.aborted) batch.dropped();
      signal.throwIfAborted();
      batch.keys.forEach(keys.run);
      waitingBatches.add(batch);
      lanes.start('batch', () => performBatch(batch));
      await lanes.whenRoom('batch');
    },
    pause: lanes.pause,
    resume: lanes.resume,
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
      while (keys.waiting + keys.running > 0) await lanes.whenIdle();
    },
    clear,
  };
}

/** The lanes of one target: each starts what is added to it in order, as many at once as it has slots. */
function openLanes(
  {
    concurrency,
    waitingLimit,
    deletesAtOnce = 0,
  }: Pick<QueueOptions<QueuedJob>, 'concurrency' | 'waitingLimit' | 'deletesAtOnce'>,
  signal: AbortSignal,
) {
  const large = Math.max(1, Math.min(LARGE_MOST, Math.floor(concurrency / LARGE_SHARE)));
  const lanes: Readonly<Record<Lane | 'batch', PQueue>> = {
    small: new PQueue({ concurrency }),
    large: new PQueue({ concurrency: large }),
    delete: new PQueue({ concurrency: Math.max(concurrency, waitingLimit, deletesAtOnce) }),
    batch: new PQueue({ concurrency: BATCHES_AT_ONCE }),
  };
  const all = Object.values(lanes);

  return {
    start: (lane: Lane | 'batch', run: () => Promise<void>): void => void lanes[lane].add(run),
    /** Resolves when fewer than its limit wait in the lane. Rejects with the signal's reason. */
    async whenRoom(lane: Lane | 'batch'): Promise<void> {
      const limit = lane === 'batch' ? BATCHES_WAITING : waitingLimit;
      // p-queue does not wake those who wait for room when it is cleared.
      if (lanes[lane].size >= limit) await orAborted(lanes[lane].onSizeLessThan(limit), signal);
    },
    pause(): void {
      for (const lane of all) lane.pause();
    },
    resume(): void {
      for (const lane of all) lane.start();
    },
    get paused(): boolean {
      return lanes.small.isPaused;
    },
    clear(): void {
      for (const lane of all) lane.clear();
    },
    whenIdle: () => Promise.all(all.map((lane) => lane.onIdle())),
  };
}
