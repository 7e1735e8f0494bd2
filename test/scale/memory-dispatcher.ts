import { createCondition } from '../../src/condition.js';
import {
  type DispatchedAnswer,
  type Dispatcher,
  type DispatcherStatus,
  JobRefusedError,
  type PackedJob,
  QueueAwayError,
  type RefusedJob,
} from '../../src/scale/dispatcher.js';
import { NEVER_ABORTED, orAborted } from '../../src/signal.js';

/**
 * What goes wrong with a job.
 *
 * - `lost-event`: it is done, and only `poll` finds its answer. `forgotten`: the queue loses it, and `poll` adds it again.
 * - `twice`: two workers do it, and both answer. `changed-hands`: a worker stops in the middle of it, another one does it, and
 *   the first goes on at `thaw`.
 * - `slow`: it is begun at `thaw`. `away`: it is done, and the queue is away before the answer is read.
 * - A refusal: the worker returns it. An answer: in place of that of the worker.
 */
export type JobFault =
  | 'lost-event'
  | 'forgotten'
  | 'twice'
  | 'changed-hands'
  | 'slow'
  | 'away'
  | { readonly refused: Omit<RefusedJob, 'worker'> }
  | { readonly forged: (answer: string, job: PackedJob) => string };

/** A dispatcher in this process, with workers that can be made to fail, for tests. It has no timers. */
export interface MemoryDispatcher extends Dispatcher {
  /** Happens to the next job; further calls to those after it. */
  fail(fault: JobFault): void;
  /** What a dispatcher does every few seconds: finds answers without an event, and jobs that the queue has lost. */
  poll(): void;
  /** Workers that are stopped go on. Resolves when they have done what they had begun. */
  thaw(): Promise<void>;
  /** How many jobs it takes from now on, by default 8; 0: it is full, or has no workers. */
  takeAtMost(places: number): void;
}

/** `stopped` resolves when the worker may go on, if it is to stop in the middle of its job. */
export type MemoryWorker = (
  job: PackedJob,
  signal: AbortSignal,
  stopped: () => Promise<void>,
) => Promise<string>;

const WORKER = 'memory:1';

export function memoryDispatcher(worker: MemoryWorker): MemoryDispatcher {
  let places = 8;
  const faults: JobFault[] = [];
  const atPoll: (() => void)[] = [];
  const open = new Set<(error: Error) => void>();
  const changed = createCondition();
  let frozen: (() => void)[] = [];
  let thawed: Promise<void>[] = [];
  const counts = { done: 0, changedHands: 0, fenced: 0, redone: 0 };
  let closed = false;

  const untilThaw = () =>
    new Promise<void>((go) => {
      frozen.push(go);
      changed.notifyAll();
    });
  const atOnce = async () => {};

  async function carryOut(job: PackedJob, stopped = atOnce): Promise<string> {
    return worker(job, NEVER_ABORTED, stopped);
  }

  /** The first worker stops where it says so, or has done the job by then. */
  async function handsChanged(job: PackedJob): Promise<DispatchedAnswer> {
    await new Promise<void>((begun) => {
      const first = carryOut(job, async () => {
        begun();
        await untilThaw();
      });
      // Its late answer, or its error, is not read.
      thawed.push(
        first.then(
          () => begun(),
          () => begun(),
        ),
      );
    });
    return answered(await carryOut(job), true);
  }

  function answered(payload: string, changedHands = false): DispatchedAnswer {
    if (changedHands) counts.changedHands += 1;
    return { payload, worker: WORKER, changedHands };
  }

  function nextPoll(): Promise<void> {
    return new Promise((polled) => void atPoll.push(polled));
  }

  async function perform(job: PackedJob, fault: JobFault | undefined): Promise<DispatchedAnswer> {
    if (typeof fault === 'object') {
      if ('forged' in fault) return answered(fault.forged(await carryOut(job), job));
      if (fault.refused.refusal === 'fenced') counts.fenced += 1;
      throw new JobRefusedError({ ...fault.refused, worker: WORKER });
    }
    switch (fault) {
      case 'lost-event': {
        const payload = await carryOut(job);
        await nextPoll();
        return answered(payload);
      }
      case 'forgotten':
        await nextPoll();
        counts.redone += 1;
        return answered(await carryOut(job), true);
      case 'twice': {
        const [payload] = await Promise.all([carryOut(job), carryOut(job)]);
        return answered(payload, true);
      }
      case 'changed-hands':
        return handsChanged(job);
      case 'slow':
        await untilThaw();
        return answered(await carryOut(job));
      case 'away':
        await carryOut(job);
        throw new QueueAwayError('the queue is away');
      case undefined:
        return answered(await carryOut(job));
    }
  }

  const status = (): DispatcherStatus => ({
    up: !closed,
    ...(closed && { why: 'it is closed' }),
    jobs: { waiting: 0, active: open.size, done: counts.done },
    oldestMs: 0,
    workers: [],
    changedHands: counts.changedHands,
    fenced: counts.fenced,
    redone: counts.redone,
    refusedAnswers: 0,
    conflicts: 0,
  });

  return {
    freePlaces: () => (closed ? 0 : Math.max(0, places - open.size)),
    async awaitPlace(_, __, signal) {
      // A caller that waits for stopped workers waits in vain.
      if (closed || places === 0 || frozen.length > 0) return false;
      await changed.wait(signal);
      return true;
    },
    takeAtMost(most) {
      places = most;
      changed.notifyAll();
    },
    async run(job, signal) {
      if (closed) throw new QueueAwayError('the queue is closed');
      let end: (error: Error) => void = () => {};
      const ended = new Promise<never>((_, reject) => {
        end = reject;
      });
      open.add(end);
      try {
        const answer = perform(job, faults.shift());
        return await orAborted(Promise.race([answer, ended]), signal);
      } finally {
        counts.done += 1;
        open.delete(end);
        changed.notifyAll();
      }
    },
    status,
    async close() {
      closed = true;
      changed.notifyAll();
      for (const end of open) end(new QueueAwayError('the queue was closed'));
    },
    fail: (fault) => void faults.push(fault),
    poll() {
      for (const polled of atPoll.splice(0)) polled();
    },
    async thaw() {
      for (const go of frozen) go();
      frozen = [];
      await Promise.all(thawed);
      thawed = [];
    },
  };
}
