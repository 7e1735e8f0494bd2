import type { Clock } from '../clock.js';
import { untilFirstEnds } from '../concurrently.js';
import { withDeadline } from '../lease/with-deadline.js';
import type { Logger } from '../log.js';
import { childController, NEVER_ABORTED, onAbort, orAborted } from '../signal.js';
import { answerJob, type WorkedMirror } from './answer-job.js';
import { type JobSource, openJobSource, type TakenJob } from './bullmq.js';
import type { Refusal } from './dispatcher.js';
import type { QueuedAnswer } from './job-form.js';
import { PROTOCOL, type QueueNames } from './queue-names.js';
import type { RedisConnection } from './redis.js';
import { unfitBy } from './redis-trouble.js';
import { whenConnected } from './when-connected.js';
import { putSign, removeSign, type WorkerSign } from './worker-sign.js';

export interface WorkerOptions {
  /** A patient one. */
  readonly redis: RedisConnection;
  readonly names: QueueNames;
  /** What the worker says of itself, without what changes. */
  readonly about: Pick<WorkerSign, 'id' | 'host' | 'version'>;
  /** Jobs of each mirror at once. */
  readonly jobs: number;
  readonly mirrors: readonly WorkedMirror[];
  /** Objects and bytes that were confirmed since the start. */
  readonly confirmed: () => { readonly objects: number; readonly bytes: number };
  readonly clock: Clock;
  readonly log: Logger;
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

const SIGN_EVERY_MS = 5_000;
const LAST_WORDS_MS = 1_000;

/** For how long a worker leaves a mirror alone after it gave a job of it back, in milliseconds. */
const LEFT_ALONE_MS: Readonly<Record<Refusal, number>> = {
  settings: 300_000,
  source: 300_000,
  failed: 30_000,
  lease: 10_000,
  fenced: 0,
  damaged: 0,
};

/** What a worker counts, and why it leaves mirrors alone, by their names. */
interface WorkerState {
  running: number;
  answered: number;
  readonly refusals: Map<string, string>;
}

export function createWorker(options: WorkerOptions): Worker {
  const { redis, names, about, mirrors, clock, log } = options;
  const state: WorkerState = { running: 0, answered: 0, refusals: new Map() };

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
  { redis, names, about, jobs, clock, log }: WorkerOptions,
  state: WorkerState,
  { drain, interrupt }: WorkerSignals,
): Promise<JobSource> {
  const { name } = mirror;
  const { refusals } = state;

  async function work(taken: TakenJob): Promise<QueuedAnswer> {
    state.running += 1;
    try {
      const answer = await answerJob(taken, { mirror, worker: about.id, clock, log }, interrupt);
      if ('refusal' in answer) leaveAlone(answer.refusal, answer.detail);
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

  function leaveAlone(refusal: Refusal, why: string): void {
    const ms = LEFT_ALONE_MS[refusal];
    log.warn('job returned', { mirror: name, refusal, why, leftAloneSeconds: ms / 1_000 });
    if (ms === 0 || refusals.has(name) || drain.aborted) return;
    refusals.set(name, why);
    void source.setPaused(true);
    clock.after(ms, () => {
      refusals.delete(name);
      if (!drain.aborted) void source.setPaused(false);
    });
  }

  return source;
}

/** The first sign shows whether the user may do what a worker needs. Rejects with RedisUnfitError where not. */
async function signFirst(
  options: WorkerOptions,
  state: WorkerState,
  signal: AbortSignal,
): Promise<void> {
  const { redis, names } = options;
  try {
    await orAborted(putSign(redis, names, signOf(options, state, 0)), signal);
  } catch (error) {
    if (!signal.aborted) throw unfitBy(error) ?? error;
  }
}

/** Says what the worker does, until `signal` is aborted. */
async function signRegularly(
  options: WorkerOptions,
  state: WorkerState,
  signal: AbortSignal,
): Promise<void> {
  const { redis, names, clock, log, confirmed } = options;
  const objectsPerSecond = createRate(clock, () => confirmed().objects);
  const unlisten = reportLink(options);
  while (!signal.aborted) {
    // Patient commands would pile up meanwhile.
    if (redis.isUp())
      await orAborted(
        putSign(redis, names, signOf(options, state, objectsPerSecond())),
        signal,
      ).catch((error: unknown) => log.debug('the daemon does not see this worker', { error }));
    await clock.sleep(SIGN_EVERY_MS, signal).catch(() => {});
  }
  unlisten();
}

/** Logs when Redis goes away and comes back, also while a sign waits for its answer. Returns what ends that. */
function reportLink({ redis, log }: Pick<WorkerOptions, 'redis' | 'log'>): () => void {
  let isReported = true;
  function report(isUp: boolean): void {
    if (isUp === isReported) return;
    isReported = isUp;
    if (isUp) log.info('queue up', {});
    else log.warn('queue away', { error: redis.trouble() });
  }
  report(redis.isUp());
  return redis.listen(report);
}

function signOf(
  { about, mirrors, jobs, confirmed }: WorkerOptions,
  { refusals }: WorkerState,
  objectsPerSecond: number,
): WorkerSign {
  return {
    ...about,
    protocol: PROTOCOL,
    mirrors: mirrors.map(({ name }) => name),
    jobs,
    ...confirmed(),
    objectsPerSecond,
    refusals: [...refusals].map(([mirror, why]) => ({ mirror, why })),
  };
}

/** Returns how much `count` has grown each second since the last call. */
function createRate(clock: Pick<Clock, 'monotonic'>, count: () => number): () => number {
  let last = { count: count(), atMs: clock.monotonic() };
  return () => {
    const now = { count: count(), atMs: clock.monotonic() };
    const seconds = (now.atMs - last.atMs) / 1_000;
    const rate = seconds <= 0 ? 0 : (now.count - last.count) / seconds;
    last = now;
    return Math.round(rate * 10) / 10;
  };
}
