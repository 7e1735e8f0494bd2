import { onAbort } from '../../signal.js';
import type { PauseGate } from './pause-gate.js';
import type { JobQueue, QueuedBatch, QueuedJob } from './queue.js';

/**
 * The work of one mirror, which a person may pause while other mirrors of its target go on. While it is paused, new work waits
 * where it is made; what the queue of the target starts is set aside, and is put back at the end of the pause.
 */
export interface PausedWork<J extends QueuedJob> {
  readonly gate: PauseGate;
  /** The target's queue as the mirror sees it. */
  readonly queue: JobQueue<J>;
  /** True: the mirror is paused, and the job is set aside. To be asked before a job runs. */
  setAside(job: J): boolean;
  /** `dropped` is called for what was set aside when the signal is aborted. Called once, before the first job is added. */
  start(dropped: (job: J) => void): void;
}

/** `signal`: aborted when the mirror, or the queue, takes no more work. What is added or put back then is dropped. */
export function createPausedWork<J extends QueuedJob>(
  queue: JobQueue<J>,
  gate: PauseGate,
  signal: AbortSignal,
): PausedWork<J> {
  const jobs = new Map<string, J>();
  const batches = new Set<QueuedBatch>();
  let drop: (job: J) => void = () => {};
  const isPaused = () => gate.pausedUntilMs !== undefined;

  function keep(job: J): void {
    const older = jobs.get(job.key);
    jobs.set(job.key, job);
    if (older !== undefined) drop(older);
  }

  /** The batches first: a job for a name of a batch runs after it. */
  function putBackAll(): void {
    const { waiting, single } = takeAll(jobs, batches);
    for (const batch of waiting) queue.addBatch(batch).catch(() => {}); // the queue has dropped it
    for (const job of single) queue.putBack(job);
  }

  function dropAll(): void {
    const { waiting, single } = takeAll(jobs, batches);
    for (const batch of waiting) batch.dropped();
    for (const job of single) drop(job);
  }

  async function whenOpen(dropped: () => void): Promise<void> {
    try {
      await gate.whenOpen(signal);
    } catch (error) {
      dropped();
      throw error;
    }
  }

  function pausable(batch: QueuedBatch): QueuedBatch {
    const own: QueuedBatch = {
      keys: batch.keys,
      async run(freeSlot) {
        if (isPaused() && !signal.aborted) batches.add(own);
        else await batch.run(freeSlot);
      },
      dropped: () => batch.dropped(),
    };
    return own;
  }

  gate.listen((nowPaused) => {
    if (!nowPaused && !signal.aborted) putBackAll();
  });
  onAbort(signal, dropAll);

  return {
    gate,
    setAside(job) {
      if (!isPaused() || signal.aborted) return false;
      keep(job);
      return true;
    },
    start(dropped) {
      drop = dropped;
    },
    queue: {
      start: queue.start,
      async add(job) {
        if (isPaused()) await whenOpen(() => drop(job));
        refuseStopped(signal, () => drop(job));
        await queue.add(job, signal);
      },
      putBack(job) {
        if (signal.aborted) drop(job);
        else if (isPaused()) keep(job);
        else queue.putBack(job);
      },
      whenNoBatchWaits: () => queue.whenNoBatchWaits(signal),
      async addBatch(batch) {
        if (isPaused()) await whenOpen(() => batch.dropped());
        refuseStopped(signal, () => batch.dropped());
        await queue.addBatch(pausable(batch), signal);
      },
      pause: queue.pause,
      resume: queue.resume,
      get paused() {
        return queue.paused;
      },
      has: (key) =>
        queue.has(key) || jobs.has(key) || [...batches].some(({ keys }) => keys.includes(key)),
      next: (key) => queue.next(key) ?? jobs.get(key),
      get waiting() {
        return queue.waiting;
      },
      get running() {
        return queue.running;
      },
      clear: queue.clear,
      leave: queue.leave,
      whenIdle: queue.whenIdle,
    },
  };
}

function takeAll<J>(jobs: Map<string, J>, batches: Set<QueuedBatch>) {
  const taken = { waiting: [...batches], single: [...jobs.values()] };
  batches.clear();
  jobs.clear();
  return taken;
}

function refuseStopped(signal: AbortSignal, dropped: () => void): void {
  if (signal.aborted) dropped();
  signal.throwIfAborted();
}
