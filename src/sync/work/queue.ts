import PQueue from 'p-queue';
import { NEVER_ABORTED, onAbort, orAborted } from '../../signal.js';

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
  /** Running jobs go on; no other is started until `resume`. */
  pause(): void;
  resume(): void;
  readonly paused: boolean;
  /** Whether a job of this key waits or runs. */
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

function largeAtOnce(slots: number): number {
  return Math.max(1, Math.min(LARGE_MOST, Math.floor(slots / LARGE_SHARE)));
}

export function createQueue<J extends QueuedJob>({
  concurrency,
  waitingLimit,
  deletesAtOnce = 0,
  combine = (waiting) => waiting,
  signal = NEVER_ABORTED,
}: QueueOptions<J>): JobQueue<J> {
  const lanes: Readonly<Record<Lane, PQueue>> = {
    small: new PQueue({ concurrency }),
    large: new PQueue({ concurrency: largeAtOnce(concurrency) }),
    delete: new PQueue({ concurrency: Math.max(concurrency, waitingLimit, deletesAtOnce) }),
  };
  const all = Object.values(lanes);
  let worker: JobWorker<J> | undefined;
  const waiting = new Map<string, J>();
  /** Running keys, each with the newest job that was added for it meanwhile. */
  const runningKeys = new Map<string, J | undefined>();

  function started(): JobWorker<J> {
    if (worker === undefined) throw new Error('a job was added to a queue that was not started');
    return worker;
  }

  function start(job: J): void {
    waiting.set(job.key, job);
    void lanes[job.lane].add(() => perform(job.key));
  }

  async function perform(key: string): Promise<void> {
    const job = waiting.get(key);
    // Dropped by clear(), which empties the lanes a turn before p-queue forgets what it has already handed out.
    if (job === undefined) return;
    waiting.delete(key);
    runningKeys.set(job.key, undefined);
    try {
      await started().run(job);
    } finally {
      const again = runningKeys.get(job.key);
      runningKeys.delete(job.key);
      if (again) start(again);
    }
  }

  function clear(): void {
    for (const lane of all) lane.clear();
    const jobs = [
      ...waiting.values(),
      ...[...runningKeys.values()].filter((job) => job !== undefined),
    ];
    waiting.clear();
    for (const key of runningKeys.keys()) runningKeys.set(key, undefined);
    for (const job of jobs) started().dropped(job);
  }

  onAbort(signal, clear);

  return {
    start(given) {
      worker = given;
    },
    async add(job) {
      const begun = started();
      if (signal.aborted) {
        begun.dropped(job);
        throw signal.reason;
      }
      if (runningKeys.has(job.key)) {
        const older = runningKeys.get(job.key);
        runningKeys.set(job.key, job);
        if (older) begun.dropped(older);
        return;
      }
      const before = waiting.get(job.key);
      if (before !== undefined) {
        waiting.set(job.key, combine(before, job));
        begun.dropped(job);
        return;
      }
      start(job);
      const lane = lanes[job.lane];
      // p-queue does not wake those who wait for room when it is cleared.
      if (lane.size >= waitingLimit) await orAborted(lane.onSizeLessThan(waitingLimit), signal);
    },
    pause() {
      for (const lane of all) lane.pause();
    },
    resume() {
      for (const lane of all) lane.start();
    },
    get paused() {
      return lanes.small.isPaused;
    },
    has: (key) => waiting.has(key) || runningKeys.has(key),
    next: (key) => runningKeys.get(key) ?? waiting.get(key),
    get waiting() {
      return waiting.size;
    },
    get running() {
      return runningKeys.size;
    },
    whenIdle: async () => {
      while (waiting.size + runningKeys.size > 0)
        await Promise.all(all.map((lane) => lane.onIdle()));
    },
    clear,
  };
}
