import type { Clock } from '../clock.js';
import type { Quarantined } from '../state/ledger.js';
import type { ObjectName } from '../state/object-index.js';
import { type Backoff, backoffMs } from './backoff.js';
import type { SkipReason } from './events.js';
import { classify } from './failure.js';
import { again, type Job } from './job.js';
import type { Outcome } from './workplace.js';

/** How often, and how patiently, an object is tried. */
export interface Persistence {
  readonly backoff: Backoff;
  /** Failed attempts after which the object counts as given up: quarantined by a daemon (tried ever more seldom), failed in a one-shot run. */
  readonly attempts: number;
  readonly forEver: boolean;
}

export interface AttemptsOptions {
  /** The mirror's. */
  readonly container: string;
  readonly perform: (job: Job) => Promise<Outcome>;
  readonly requeue: (job: Job) => Promise<void>;
  readonly persistence: Persistence;
  readonly settleMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly told: AttemptsListener;
}

export interface AttemptsListener {
  /** The job is over: done, needless, skipped or given up. */
  over(job: Job): void;
  done(job: Job, outcome: Extract<Outcome, { outcome: 'done' }>): void;
  skipped(job: Job, reason: SkipReason, detail: string): void;
  failed(job: Job, error: Error, retryInMs: number | null): void;
  targetTrouble(error: Error): void;
  /** The job is dropped: who has the container back begins with a reconcile. */
  containerTrouble(error: Error): void;
  /** More objects fail than are kept in mind; a scan will find them again. */
  forgotten(job: Job): void;
}

export interface Attempts {
  /** Never rejects. */
  run(job: Job): Promise<void>;
  readonly retrying: number;
  quarantined(): ReadonlyMap<ObjectName, Quarantined>;
}

/** Failing objects kept in mind at once; the index knows what is due, so the rest can wait for a scan. */
const REMEMBERED = 10_000;
const BUSY: Backoff = { firstMs: 200, limitMs: 60_000 };

export function createAttempts({
  container,
  perform,
  requeue,
  persistence,
  settleMs,
  clock,
  random,
  signal,
  told,
}: AttemptsOptions): Attempts {
  const quarantined = new Map<ObjectName, Quarantined>();
  /** Names that wait for their next attempt, and what cancels the wait. */
  const waits = new Map<ObjectName, () => void>();

  function over(job: Job): void {
    quarantined.delete(job.name);
    told.over(job);
  }

  function retryLater(job: Job, afterMs: number): void {
    if (waits.size >= REMEMBERED) {
      told.forgotten(job);
      told.over(job);
      return;
    }
    const wait = new AbortController();
    waits.set(job.name, () => wait.abort());
    void requeueAfter(afterMs, job, wait.signal);
  }

  /** A wait that keeps the process alive: a one-shot run has nothing else to live for. */
  async function requeueAfter(ms: number, job: Job, cancelled: AbortSignal): Promise<void> {
    try {
      await clock.sleep(ms, AbortSignal.any([cancelled, signal]));
    } catch {
      if (signal.aborted) told.over(job);
      return;
    }
    waits.delete(job.name);
    await requeue(job);
  }

  function failed(job: Job, error: Error): void {
    const failure = classify(error, container);
    if (failure.kind === 'target') {
      told.targetTrouble(error);
      void requeue(again(job, job.attempt));
      return;
    }
    if (failure.kind === 'container') {
      told.containerTrouble(error);
      over(job);
      return;
    }
    if (failure.kind === 'unsuitable') {
      told.skipped(job, failure.reason, failure.detail);
      over(job);
      return;
    }
    const givenUp = job.attempt >= persistence.attempts || (failure.kind === 'object' && failure.hopeless);
    if (givenUp && !persistence.forEver) {
      told.failed(job, error, null);
      over(job);
      return;
    }
    const wait =
      failure.kind === 'busy'
        ? Math.max(settleMs, backoffMs(job.attempt, BUSY, random()))
        : Math.max(failure.afterMs, backoffMs(job.attempt, persistence.backoff, random()));
    if (givenUp) {
      const reason = failure.kind === 'busy' ? 'busy' : failure.reason;
      const sinceMs = quarantined.get(job.name)?.sinceMs ?? clock.now();
      quarantined.set(job.name, { reason, error: error.message, attempts: job.attempt, sinceMs });
    }
    told.failed(job, error, wait);
    retryLater(again(job, job.attempt + 1), wait);
  }

  return {
    async run(job) {
      // A newer hint overtakes a wait: the file may be another one now.
      waits.get(job.name)?.();
      waits.delete(job.name);
      try {
        const outcome = await perform(job);
        if (outcome.outcome === 'done') told.done(job, outcome);
        if (outcome.outcome === 'skipped') told.skipped(job, outcome.reason, outcome.detail);
        over(job);
      } catch (error) {
        if (signal.aborted) return told.over(job);
        failed(job, error instanceof Error ? error : new Error(String(error)));
      }
    },
    get retrying() {
      return waits.size;
    },
    quarantined: () => quarantined,
  };
}
