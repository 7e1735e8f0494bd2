/**
 * What other processes can carry out: `send`: reads small files and uploads them; `parts`: uploads parts of one large file;
 * `verify`: reads objects back.
 */
export type JobKind = 'send' | 'parts' | 'verify';

/** Work of one mirror for another process, which has the same source and container, and no state. Safe to do twice. */
export interface PackedJob {
  readonly kind: JobKind;
  /** Its name in the configuration. The dispatcher adds what proves source, settings and lease of this mirror. */
  readonly mirror: string;
  /** The order, as columns.ts packs it. ASCII, 256 KiB of names at the most. */
  readonly payload: string;
}

export interface PackedAnswer {
  /** As columns.ts packs it. Anything can be in it until it was unpacked for the order that it answers. */
  readonly payload: string;
  /** The worker that gave it, for logs: `host:pid`, or as it calls itself. */
  readonly worker: string;
}

export interface DispatchedAnswer extends PackedAnswer {
  /**
   * Another process may have begun the job, too, and may still be about to write: the job was taken over from a worker that
   * fell silent, or added again, or its answer is of a worker that was fenced. The names are then looked at a second time.
   */
  readonly changedHands: boolean;
}

/**
 * An at-least-once queue of jobs for other processes. Keeps no truth: what it loses is done again by its caller, whose index
 * and ledger say what was under way.
 */
export interface Dispatcher {
  /** Jobs that it takes now, 0 without workers for this mirror, or without a queue: the caller then does the work itself. */
  freePlaces(mirror: string, kind: JobKind): number;
  /**
   * Resolves with true when a place may have become free, so that `freePlaces` is to be asked again; with false as soon as none
   * is worth waiting for: no worker takes jobs of this mirror, or none has become free for so long. Rejects with the signal's
   * reason.
   */
  awaitPlace(mirror: string, ms: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Resolves once with the first answer to this job, however often it was done. Rejects with QueueAwayError when no answer will
   * come, JobRefusedError when a worker returned the job, and the signal's reason when that is aborted. Whatever it rejects
   * with, unless `nothingBegun` of the error says otherwise: the job may have been done in part, and may still be under way.
   */
  run(job: PackedJob, signal: AbortSignal): Promise<DispatchedAnswer>;
  status(): DispatcherStatus;
  /** Takes no more jobs; those under way reject with QueueAwayError. Never rejects. */
  close(): Promise<void>;
}

/** Plain JSON, as status shows it. Times are milliseconds since the epoch, by the clock of this process. */
export interface DispatcherStatus {
  /** False: no job is taken, for the reason in `why`. */
  readonly up: boolean;
  readonly why?: string;
  /** `done`: answered since this dispatcher was opened. */
  readonly jobs: { readonly waiting: number; readonly active: number; readonly done: number };
  /** Age of the oldest job that waits or is active; 0 without any. */
  readonly oldestMs: number;
  readonly workers: readonly WorkerStatus[];
  /** Protocols of workers that are there and get no jobs, as none of them speaks that of this process. Missing: none are. */
  readonly otherProtocols?: readonly number[];
  /** Jobs since this dispatcher was opened that were answered, or taken back, with `changedHands`. */
  readonly changedHands: number;
  /** A worker returned them, since it could not be sure of its lease or its lock any more. */
  readonly fenced: number;
  /** Added again, or taken back to be done here. */
  readonly redone: number;
  /** See AnswerCounts. */
  readonly refusedAnswers: number;
  readonly conflicts: number;
}

/** Plain JSON, as a worker reports it. */
export interface WorkerStatus {
  /** `host:pid`, or as it calls itself. */
  readonly id: string;
  readonly host: string;
  /** Of longshore. */
  readonly version: string;
  readonly protocol: number;
  readonly mirrors: readonly string[];
  /** That it works on at once. */
  readonly jobs: number;
  /** Confirmed since it started. */
  readonly objects: number;
  readonly bytes: number;
  readonly objectsPerSecond: number;
  /** When it was last heard of. */
  readonly lastSignAtMs: number;
  /** Mirrors whose jobs it returns, and why. */
  readonly refusals: readonly { readonly mirror: string; readonly why: string }[];
}

/** No worker will answer this job, as far as this process can know: the queue is away, full or closed, or has no worker. */
export class QueueAwayError extends Error {
  override readonly name = 'QueueAwayError';
  /** No worker has had the job, and none will. */
  readonly nothingBegun: boolean;

  constructor(message: string, { nothingBegun = false } = {}) {
    super(message);
    this.nothingBegun = nothingBegun;
  }
}

/**
 * Why a worker returns a job.
 *
 * - `settings`: its mirror has other settings; `source`: its source is another folder, or is not there.
 * - `lease`: the coordinator's lease is not what its container shows; `fenced`: the worker could not be sure of its lease or
 *   its lock any more while it worked.
 * - `damaged`: it cannot read the order; `failed`: any other trouble, such as a target that is down.
 */
export const REFUSALS = ['settings', 'source', 'lease', 'fenced', 'damaged', 'failed'] as const;
export type Refusal = (typeof REFUSALS)[number];

export interface RefusedJob {
  readonly refusal: Refusal;
  readonly worker: string;
  /** What differs, or what failed: for a person. */
  readonly detail: string;
  /** No byte has gone out and none will: the job had one worker, which returned it before its first request. */
  readonly nothingBegun: boolean;
}

/** A worker returned the job: see Refusal. */
export class JobRefusedError extends Error {
  override readonly name = 'JobRefusedError';
  readonly refusal: Refusal;
  readonly worker: string;
  readonly nothingBegun: boolean;

  constructor({ refusal, worker, detail, nothingBegun }: RefusedJob) {
    super(`worker ${worker} returned a job (${refusal}): ${detail}`);
    this.refusal = refusal;
    this.worker = worker;
    this.nothingBegun = nothingBegun;
  }
}
