import type { Clock } from '../../clock.js';
import { TargetUnavailableError } from '../../drivers/errors.js';
import type { Quarantined } from '../../state/ledger.js';
import { type Backoff, backoffMs } from '../backoff.js';
import type { SkipReason } from '../events.js';
import { classify, type Failure, type ObjectFailure } from '../failure.js';
import type { Change } from '../guard-rule.js';
import { createBusyFiles } from './busy-files.js';
import { detachedRetry, type Job, NO_RUN, retryOf } from './job.js';
import type { Outcome } from './mirror-context.js';
import type { Quarantine } from './quarantine.js';
import type { TargetRoom } from './target-room.js';
import { createWaits } from './waits.js';

/** How often, and how patiently, an object is tried. */
export interface Persistence {
  readonly backoff: Backoff;
  /** Failed attempts after which the object counts as given up: quarantined, and by a daemon tried ever more seldom. */
  readonly attempts: number;
  /** False: whoever asks for a run wants each object tried now, and not again later. */
  readonly forEver: boolean;
}

export interface AttemptsOptions {
  /** The mirror's. */
  readonly container: string;
  readonly perform: (job: Job) => Promise<Outcome>;
  readonly requeue: (job: Job) => Promise<void>;
  /** What tells the version of the job's file that is there now from others, as text. */
  readonly versionOf: (job: Job) => string;
  readonly quarantine: Quarantine;
  readonly room: TargetRoom;
  /** Of what the job sends or deletes, as far as that is known; bytes. */
  readonly sizeOf: (job: Job) => number;
  readonly persistence: Persistence;
  readonly settleMs: number;
  /** For so long a file may be written to whenever it is looked at, before that is news. */
  readonly settleLimitMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly listener: AttemptsListener;
}

export interface AttemptsListener {
  /** The job is over: done, needless, skipped or given up. */
  over(job: Job): void;
  /** The job is over and was not done: a scan has to find again what is due. */
  undone(job: Job): void;
  /** The job will never be tried again: a newer one for its object came while it waited. */
  dropped(job: Job): void;
  done(job: Job, outcome: Extract<Outcome, { outcome: 'done' }>): void;
  /** `resumes`: another job runs for this name when what is in its way is over. */
  skipped(job: Job, reason: SkipReason, detail: string, resumes?: boolean): void;
  held(job: Job, change: Change): void;
  /** `retryInMs` null: never, by itself. `quarantined`: it has just been. `passing`: as happens every day, and is tried again. */
  failed(
    job: Job,
    error: Error,
    retryInMs: number | null,
    quarantined: boolean,
    passing: boolean,
  ): void;
  /** The file is not mirrored, and this was the last attempt for now. */
  notMirrored(job: Job, why: string): void;
  /** Found to be due, and not tried: it was given up as it is, and its time has not come. */
  stillQuarantined(job: Job, quarantined: Quarantined): void;
  /** False: the target was known to be in trouble. */
  targetTrouble(error: Error): boolean;
  /** Of the container, or of the mirror's own state. The job is dropped: who has it back begins with a reconcile. */
  containerTrouble(error: Error): void;
  /** More objects fail than are kept in mind; a scan will find them again. */
  forgotten(job: Job): void;
}

export interface Attempts {
  /** Never rejects. */
  run(job: Job): Promise<void>;
  /** Objects that wait for their next attempt and are not given up. */
  readonly retrying: number;
  /**
   * Call it when a scan of everything begins; and what it returns when all that the scan found was run: what was given
   * up and is no longer due is forgotten.
   */
  beginSurvey(): () => void;
}

/** Faults of the target, each right after it was found to be up, before the object is to blame. */
const TARGET_FAULTS = 3;
const BUSY: Backoff = { firstMs: 200, limitMs: 60_000 };

export function createAttempts(options: AttemptsOptions): Attempts {
  const {
    container,
    perform,
    requeue,
    versionOf,
    quarantine,
    room,
    sizeOf,
    persistence,
    settleMs,
    clock,
    random,
    signal,
    listener,
  } = options;
  const busy = createBusyFiles(clock, options.settleLimitMs);
  const waits = createWaits(clock, signal);
  let scanGenerations = 0;
  /** Of what is given up: the survey under way when it was last found to be due. */
  const lastSeenIn = new Map<string, number>();

  function isPassing({ name }: Job, failure: Failure): boolean {
    return failure.kind === 'busy' && !busy.isNews(name);
  }

  function over(job: Job): void {
    room.over(job.name);
    quarantine.release(job.name);
    lastSeenIn.delete(job.name);
    busy.over(job.name);
    listener.over(job);
  }

  function undone(job: Job): void {
    room.over(job.name);
    listener.undone(job);
  }

  /** `ended`: the object no longer counts as under way. */
  function retryLater(job: Job, afterMs: number, ended: boolean): void {
    const waiting = waits.add(job.name, afterMs, (end) => {
      if (end === 'due') return requeue(job);
      if (end === 'overtaken') listener.dropped(job);
      else if (!ended) undone(job);
      return undefined;
    });
    if (waiting) return;
    listener.forgotten(job);
    if (!ended) undone(job);
  }

  function failed(job: Job, version: string | undefined, error: Error): void {
    const failure = failureOf(job, error);
    if (failure.kind === 'target') {
      const { targetFaults = 0 } = job;
      void requeue({
        ...retryOf(job, job.attempt),
        targetFaults: listener.targetTrouble(error) ? targetFaults + 1 : targetFaults,
      });
      return;
    }
    if (failure.kind === 'mirror') {
      listener.containerTrouble(error);
      undone(job);
      return;
    }
    if (failure.kind === 'full') {
      const wait = room.refused(job.name, sizeOf(job), error);
      if (wait === undefined) {
        listener.containerTrouble(error);
        undone(job);
      } else retryLater(retryOf(job, job.attempt), wait, false);
      return;
    }
    const wait = waitAfter(failure, job.attempt);
    const hopeless =
      failure.kind === 'unsuitable' || (failure.kind === 'object' && failure.hopeless);
    if (hopeless || job.attempt >= persistence.attempts) {
      giveUp(job, version ?? versionOf(job), error, failure, wait);
      return;
    }
    listener.failed(job, error, wait, false, isPassing(job, failure));
    retryLater(retryOf(job, job.attempt + 1), wait, false);
  }

  /** A target that is up for all others, and breaks off this job each time, has trouble with this object alone. */
  function failureOf({ targetFaults = 0 }: Job, error: Error): Failure {
    const failure = classify(error, container);
    const isOfObject =
      failure.kind === 'target' &&
      targetFaults >= TARGET_FAULTS &&
      error instanceof TargetUnavailableError;
    return isOfObject ? { kind: 'object', class: 'failing', hopeless: false, afterMs: 0 } : failure;
  }

  function waitAfter(failure: ObjectFailure, attempt: number): number {
    if (failure.kind === 'busy') return Math.max(settleMs, backoffMs(attempt, BUSY, random()));
    return Math.max(
      failure.kind === 'object' ? failure.afterMs : 0,
      backoffMs(attempt, persistence.backoff, random()),
    );
  }

  function giveUp(
    job: Job,
    version: string,
    error: Error,
    failure: ObjectFailure,
    wait: number,
  ): void {
    const before = quarantine.get(job.name);
    const since = before?.version === version ? before : undefined;
    const attempts = persistence.forEver ? job.attempt : (since?.attempts ?? 0) + job.attempt;
    const nowMs = clock.now();
    const sinceMs = since?.sinceMs ?? nowMs;
    const kept = quarantine.put(job.name, {
      reason: failure.class,
      error: error.message,
      attempts,
      sinceMs,
      nextTryMs: nowMs + wait,
      version,
      changedAtMs:
        before === undefined ? (job.since?.wallMs ?? null) : (before.changedAtMs ?? before.sinceMs),
    });
    if (kept) lastSeenIn.set(job.name, scanGenerations);
    listener.notMirrored(job, error.message);
    const news = since === undefined || job.run !== NO_RUN || !persistence.forEver;
    if (failure.kind !== 'unsuitable')
      listener.failed(
        job,
        error,
        persistence.forEver ? wait : null,
        news,
        persistence.forEver && isPassing(job, failure),
      );
    else if (news) listener.skipped(job, failure.reason, error.message);
    room.over(job.name);
    listener.over(job);
    // Of what cannot be kept in mind, the next scan finds what only a change can help.
    if (persistence.forEver && (kept || failure.kind !== 'unsuitable'))
      retryLater(detachedRetry(job, job.attempt + 1), wait, true);
  }

  /** The job as it is to be tried now; undefined: not now. */
  function due(job: Job): Job | undefined {
    const known = quarantine.get(job.name);
    if (known === undefined) return job;
    lastSeenIn.set(job.name, scanGenerations);
    if (job.attempt > 1 || !persistence.forEver || known.version !== versionOf(job)) return job;
    const wait = (known.nextTryMs ?? 0) - clock.now();
    // A clock that was set back must not make a wait longer than any can be.
    if (wait <= 0 || wait > persistence.backoff.limitMs) return retryOf(job, known.attempts + 1);
    listener.notMirrored(job, known.error);
    listener.stillQuarantined(job, known);
    room.over(job.name);
    listener.over(job);
    retryLater(detachedRetry(job, known.attempts + 1), wait, true);
    return undefined;
  }

  return {
    async run(found) {
      // A newer hint overtakes a wait: the file may be another one now.
      waits.cancel(found.name);
      const job = due(found);
      if (job === undefined) return;
      const wait = job.lane === 'delete' ? 0 : room.waitFor(job.name, sizeOf(job));
      if (wait > 0) return retryLater(retryOf(job, job.attempt), wait, false);
      // Of the file as it is tried: what it becomes meanwhile is another version, and not given up.
      const version = job.seen ? undefined : versionOf(job);
      try {
        const outcome = await perform(job);
        if (outcome.outcome === 'waits') return;
        if (outcome.outcome === 'done') {
          if (outcome.job === 'delete_object') room.freed();
          else if (outcome.bytes > 0) room.fitted(outcome.bytes);
          listener.done(job, outcome);
        }
        if (outcome.outcome === 'held') listener.held(job, outcome.change);
        if (outcome.outcome === 'skipped')
          listener.skipped(job, outcome.reason, outcome.detail, outcome.resumes);
        over(job);
      } catch (error) {
        if (signal.aborted) return undone(job);
        failed(job, version, error instanceof Error ? error : new Error(String(error)));
      }
    },
    get retrying() {
      return waits.count((name) => quarantine.get(name) === undefined);
    },
    beginSurvey() {
      scanGenerations += 1;
      const scanGeneration = scanGenerations;
      return () => {
        for (const name of [...quarantine.all.keys()]) {
          if ((lastSeenIn.get(name) ?? 0) >= scanGeneration || waits.has(name)) continue;
          quarantine.release(name);
          lastSeenIn.delete(name);
        }
      };
    },
  };
}
