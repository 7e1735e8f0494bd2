import type { Clock } from '../clock.js';
import { type ClockReading, readClocks } from '../lease/clock-reading.js';
import { JobFencedError } from '../lease/errors.js';
import type { LeaseWatch } from '../lease/lease-watch.js';
import type { Logger } from '../log.js';
import { childController, orAborted } from '../signal.js';
import { SourceSilentError } from '../silent-source.js';
import type { TakenJob } from './bullmq.js';
import { DamagedColumnsError } from './column-bytes.js';
import type { PackedJob, Refusal } from './dispatcher.js';
import { createJobPermit, type JobPermit } from './fenced-job.js';
import {
  asDetail,
  isKind,
  type QueuedAnswer,
  type QueuedJob,
  readJob,
  type SourceProof,
} from './job-form.js';
import { SourceDiffersError } from './same-source.js';
import { differingGroups } from './settings-digest.js';
import { sourceDiffers } from './source-proof.js';

/** What a worker knows of a mirror when it gets a job of it. */
export interface WorkedMirror {
  readonly name: string;
  /** See settingsDigest. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where its source is on this machine. */
  readonly source: string;
  readonly lease: Pick<LeaseWatch, 'seen' | 'look' | 'run'>;
  /**
   * Does the job, and asks the permit before each change. Resolves with the payload of its answer. `differs`: see SourceHere; by
   * what the job says of its source.
   */
  carryOut(
    job: PackedJob,
    differs: () => Promise<string | undefined>,
    permit: JobPermit,
    signal: AbortSignal,
  ): Promise<string>;
}

export interface AnsweredJob {
  readonly answer: QueuedAnswer;
  /** It is returned since the source is another one by its proof. */
  readonly isOtherSource: boolean;
}

export interface AnswerJobOptions {
  readonly mirror: WorkedMirror;
  /** As the worker calls itself. */
  readonly worker: string;
  /** The last proof of the coordinator's source; undefined: it is not known now. */
  readonly lastProof: () => Promise<SourceProof | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A worker extends the lock of a job this often. */
const EXTEND_EVERY_MS = 5_000;

/** Before anything was done for a job. */
class RefusedBeforeError extends Error {
  override readonly name = 'RefusedBeforeError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}

const isByProof = (error: unknown): boolean =>
  error instanceof RefusedBeforeError
    ? error.refusal === 'source'
    : error instanceof SourceDiffersError && error.byProof;

/**
 * Does a job that was taken from the queue once source, settings, lease and lock are proved, and resolves with its answer: what
 * was done, or why it is returned. Never rejects.
 */
export async function answerJob(
  taken: TakenJob,
  options: AnswerJobOptions,
  signal: AbortSignal,
): Promise<AnsweredJob> {
  const { worker, clock, log, mirror } = options;
  const { controller, unlink } = childController(signal);
  let hasBegun = false;
  let endLock = () => {};
  try {
    const job = readyJob(taken, mirror);
    const source = await sameSource(job.source, options, controller.signal);
    const permit = await openPermit(taken, job, options, controller.signal);
    endLock = keepLock(taken, permit, clock, (error) => controller.abort(error));
    hasBegun = true;
    const { payload } = job;
    const order = { kind: job.kind, mirror: mirror.name, payload };
    const differs = () => sourceDiffers(source, mirror.source, controller.signal);
    const answer = await mirror.carryOut(order, differs, permit, controller.signal);
    permit.check(); // what it says may be true, and another worker may be at work all the same
    return { answer: { worker, payload: answer }, isOtherSource: false };
  } catch (error) {
    const [refusal, begun] = refusalOf(error, hasBegun, taken.kind);
    log.debug('job returned', { mirror: mirror.name, job: taken.id, refusal, error });
    const detail = asDetail(error instanceof Error ? error.message : String(error));
    const nothingBegun = !begun && taken.takenOver === 0;
    return { answer: { worker, refusal, detail, nothingBegun }, isOtherSource: isByProof(error) };
  } finally {
    endLock();
    unlink();
  }
}

/** The job, if this worker may do it with its settings. @throws RefusedBeforeError */
function readyJob(taken: TakenJob, mirror: WorkedMirror): QueuedJob & Pick<PackedJob, 'kind'> {
  const { kind } = taken;
  const job = readJob(taken.data);
  if (job === undefined || !isKind(kind) || job.mirror !== mirror.name)
    throw new RefusedBeforeError('damaged', 'it has not the form of a job of this mirror');
  const differing = differingGroups(mirror.settings, job.settings);
  if (differing.length > 0)
    throw new RefusedBeforeError(
      'settings',
      `the settings of mirror ${mirror.name} are not those of the daemon (${differing.join('; ')}): give both the same configuration`,
    );
  return { ...job, kind };
}

/**
 * The proof by which the source here is the coordinator's: that of the job, or where folders were renamed since, the last one.
 *
 * @throws RefusedBeforeError, SourceSilentError, and the signal's reason
 */
async function sameSource(
  proof: SourceProof,
  { mirror, lastProof }: Pick<AnswerJobOptions, 'mirror' | 'lastProof'>,
  signal: AbortSignal,
): Promise<SourceProof> {
  const why = await sourceDiffers(proof, mirror.source, signal);
  if (why === undefined) return proof;
  const last = await lastProof();
  if (last !== undefined && (await sourceDiffers(last, mirror.source, signal)) === undefined)
    return last;
  throw new RefusedBeforeError('source', why);
}

/** @throws RefusedBeforeError, and the errors of Redis */
async function openPermit(
  taken: TakenJob,
  { epoch }: QueuedJob,
  { mirror: { lease }, clock }: AnswerJobOptions,
  signal: AbortSignal,
): Promise<JobPermit> {
  const extended = await extendedAt(taken, clock, signal);
  const permit = createJobPermit({ epoch, extended, lease, clock });
  if (permit.mayBegin()) return permit;
  await lease.look(signal);
  permit.extended(await extendedAt(taken, clock, signal));
  if (permit.mayBegin()) return permit;
  const refusal = permit.reason() === 'lock' ? 'fenced' : 'lease';
  try {
    permit.check();
  } catch (error) {
    throw new RefusedBeforeError(refusal, error instanceof Error ? error.message : String(error));
  }
  throw new RefusedBeforeError('fenced', 'Redis and the target answer too slowly');
}

/** When the request was sent that extended the lock. @throws RefusedBeforeError when it is another worker's */
async function extendedAt(
  taken: TakenJob,
  clock: Pick<Clock, 'monotonic' | 'now'>,
  signal: AbortSignal,
): Promise<ClockReading> {
  const sent = readClocks(clock);
  if (await orAborted(taken.extendLock(), signal)) return sent;
  throw new RefusedBeforeError('fenced', 'the lock of the job is not its own any more');
}

/** Extends the lock regularly, whatever the job waits for. Returns what ends that. */
function keepLock(
  taken: TakenJob,
  permit: Pick<JobPermit, 'extended'>,
  clock: Clock,
  lost: (error: Error) => void,
): () => void {
  let cancel = () => {};
  let isOver = false;

  function extend(): void {
    const sent = readClocks(clock);
    cancel = clock.after(EXTEND_EVERY_MS, extend);
    taken.extendLock().then(
      (isOurs) => {
        if (isOver) return;
        if (isOurs) permit.extended(sent);
        else lost(new JobFencedError('its lock has ended, and another worker may have the job'));
      },
      () => {}, // the permit ends by itself
    );
  }

  cancel = clock.after(EXTEND_EVERY_MS, extend);
  return () => {
    isOver = true;
    cancel();
  };
}

/** Why a job is returned, and whether anything may have gone out for it. */
function refusalOf(error: unknown, hasBegun: boolean, kind: string): readonly [Refusal, boolean] {
  if (error instanceof RefusedBeforeError) return [error.refusal, false];
  if (error instanceof SourceDiffersError) return ['source', false];
  // A batch is read before its first file is sent; parts are read while others are sent.
  if (error instanceof SourceSilentError) return ['source', hasBegun && kind !== 'send'];
  if (error instanceof DamagedColumnsError) return ['damaged', false];
  return [error instanceof JobFencedError ? 'fenced' : 'failed', hasBegun];
}
