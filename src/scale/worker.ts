import { untilFirstEnds } from '../concurrently.js';
import { withDeadline } from '../lease/with-deadline.js';
import { childController, NEVER_ABORTED, onAbort, orAborted } from '../signal.js';
import { answerJob, type WorkedMirror } from './answer-job.js';
import { type JobSource, openJobSource, type TakenJob } from './bullmq.js';
import { findDaemon } from './daemon-facts.js';
import type { QueuedAnswer, SourceProof } from './job-form.js';
import { createLeftAlone } from './left-alone.js';
import {
  type SignedState,
  type SigningOptions,
  signFirst,
  signNow,
  signRegularly,
} from './signing.js';
import { sourceDiffers } from './source-proof.js';
import { whenConnected } from './when-connected.js';
import { removeSign } from './worker-sign.js';

export interface WorkerOptions extends SigningOptions {
  /** Of each mirror at once. */
  readonly jobs: number;
  readonly mirrors: readonly WorkedMirror[];
}

export interface WorkerSignals {
  /** Aborted: it takes no more jobs, and ends when those that it is at work on have ended. */
  readonly drain: AbortSignal;
  /** Aborted: it drops those as well. */
  readonly interrupt: AbortSignal;
}

/** What `longshore worker` does now. */
export interface WorkerProgress {
  /** Jobs that it is at work on. */
  running(): number;
  /** Jobs that it has answered. */
  answered(): number;
  /** Mirrors that it leaves alone. */
  leavesAlone(): readonly string[];
}

export interface Worker {
  readonly progress: WorkerProgress;
  /**
   * Takes jobs until `drain` is aborted. `ready` is called when it takes them. Rejects with RedisUnfitError when Redis cannot be
   * used, and with ConfigError where a package is missing.
   */
  run(signals: WorkerSignals, ready: () => void): Promise<void>;
}

const LAST_WORDS_MS = 1_000;

/** What a worker counts, and why it leaves mirrors alone. */
interface WorkerState extends SignedState {
  running: number;
  answered: number;
}

export function createWorker(options: WorkerOptions): Worker {
  const { redis, names, about, mirrors, clock, log } = options;
  const state: WorkerState = {
    running: 0,
    answered: 0,
    refusals: new Map(),
    objectsPerSecond: 0,
  };

  /** Opens the queue of each mirror, and closes them once `drain` is aborted. */
  async function takeJobs(signals: WorkerSignals, ready: () => void): Promise<void> {
    const sources: JobSource[] = [];
    try {
      for (const mirror of mirrors) sources.push(await openMirror(mirror, options, state, signals));
      ready();
      await new Promise<void>((resolve) => void onAbort(signals.drain, resolve));
      const drained = Promise.all(sources.map((source) => source.drain()));
      await Promise.race([
        drained,
        new Promise<void>((resolve) => void onAbort(signals.interrupt, resolve)),
      ]);
    } finally {
      await Promise.allSettled(sources.map((source) => source.close()));
    }
  }

  return {
    progress: {
      running: () => state.running,
      answered: () => state.answered,
      leavesAlone: () => [...state.refusals.keys()],
    },
    async run(signals, ready) {
      await whenConnected(redis, clock, log, signals.drain);
      if (!signals.drain.aborted) await signFirst(options, state, signals.drain);
      if (signals.drain.aborted) return;
      // The lease is read, and signs are given, until the last job has its answer.
      const { controller, unlink } = childController(signals.interrupt);
      try {
        await untilFirstEnds(controller.signal, [
          () => takeJobs(signals, ready),
          (signal) => signRegularly(options, state, signal),
          ...mirrors.map(({ lease }) => lease.run),
        ]);
        // It fades by itself.
        await withDeadline(clock, LAST_WORDS_MS, NEVER_ABORTED, () =>
          removeSign(redis, names, about.id),
        ).catch(() => {});
      } finally {
        unlink();
      }
    },
  };
}

/** Takes jobs of a mirror, and answers them, from now on. */
async function openMirror(
  mirror: WorkedMirror,
  options: WorkerOptions,
  state: WorkerState,
  { drain, interrupt }: WorkerSignals,
): Promise<JobSource> {
  const { redis, names, about, jobs, clock, log } = options;
  const { name } = mirror;

  async function lastProof(): Promise<SourceProof | undefined> {
    if (!redis.isUp()) return undefined; // a patient command would wait
    const found = await orAborted(findDaemon(redis, names, name), interrupt).catch(() => undefined);
    return found?.facts?.source;
  }

  /** Folders may have been renamed since the daemon looked at its source: it does so again when a job is returned for that. */
  async function isSourceProven(): Promise<boolean> {
    const proof = await lastProof();
    if (proof === undefined) return false;
    const why = await sourceDiffers(proof, mirror.source, interrupt);
    if (why !== undefined) log.debug('source still another one', { mirror: name, why });
    return why === undefined;
  }

  async function work(taken: TakenJob): Promise<QueuedAnswer> {
    state.running += 1;
    try {
      const job = { mirror, worker: about.id, lastProof, clock, log };
      const { answer, isOtherSource } = await answerJob(taken, job, interrupt);
      if ('refusal' in answer) {
        const { refusal, detail } = answer;
        // Before its answer: the daemon then takes back at once what no worker would begin.
        if (leftAlone.begin(refusal, detail, isOtherSource ? isSourceProven : undefined))
          await signNow(options, state, interrupt);
      }
      return answer;
    } finally {
      state.running -= 1;
      state.answered += 1;
    }
  }

  const source: JobSource = await openJobSource({
    name: names.queueOf(name),
    redis,
    jobs,
    work,
    failed: (error) => log.debug('queue error', { mirror: name, error }),
  });

  const leftAlone = createLeftAlone({
    mirror: name,
    refusals: state.refusals,
    setPaused: (isPaused) => void source.setPaused(isPaused),
    ended: () => void signNow(options, state, interrupt),
    drain,
    clock,
    log,
  });
  return source;
}
