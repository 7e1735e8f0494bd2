import type { Clock } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';
import type { SourceView } from '../source/source-view.js';
import type { BatchedFile, UploadBatch } from '../upload-batch.js';
import type { RemoteBatchEffects } from '../work/batch-effects.js';
import { NO_RUN } from '../work/job.js';
import type { Quarantine } from '../work/quarantine.js';
import type { TargetRoom } from '../work/target-room.js';
import { type BatchContext, type BatchResult, uploadBatch } from '../work/upload-batch.js';
import type { Waits } from '../work/waits.js';
import type { AdmittedFile, BatchLedger } from './batch-ledger.js';
import type { ContainerTrouble } from './container-trouble.js';
import type { MirrorStats } from './mirror-stats.js';
import type { Runs } from './runs.js';

/** Runs the batches of one mirror. */
export interface BatchRunner {
  /**
   * Never rejects. Resolves with why the batch as a whole failed, which the jobs of its files see to; undefined: it did not.
   * `files`: those of the batch, in its order. `freeSlot` is called if another process carries the batch out: it then takes no
   * slot of those that are worked on here.
   */
  run(
    batch: UploadBatch,
    files: readonly AdmittedFile[],
    run: number,
    freeSlot: () => void,
  ): Promise<unknown>;
  /** The queue will never run this batch. */
  dropped(files: readonly AdmittedFile[], run: number): void;
}

export interface BatchRunnerOptions {
  readonly context: Omit<BatchContext, 'needsJob'>;
  /** Undefined: no other process works for the mirror. */
  readonly remote: RemoteBatchEffects | undefined;
  readonly checks: BatchChecks;
  readonly ledger: BatchLedger;
  readonly stats: Pick<MirrorStats, 'batchStarted'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly runs: Pick<Runs, 'get' | 'changed'>;
  readonly containerTrouble: Pick<ContainerTrouble, 'error' | 'report'>;
  /** Aborted: what runs is dropped. */
  readonly interrupt: AbortSignal;
}

/** Who is asked about each file just before it is sent. */
export interface BatchChecks {
  readonly quarantine: Pick<Quarantine, 'get'>;
  readonly waits: Pick<Waits, 'has'>;
  readonly room: Pick<TargetRoom, 'waitFor'>;
  readonly uploads: { isIdle(name: ObjectName): boolean };
  readonly source: Pick<SourceView, 'replaced'>;
}

/** `result` undefined: nothing was tried. */
interface Attempt {
  readonly result: BatchResult<AdmittedFile> | undefined;
  readonly error: unknown;
}

/** A job through a queue and back takes milliseconds, in which so many files are sent from here. */
const FEWEST_ELSEWHERE = 16;
/**
 * For so long a batch waits for a process that is at work on others. Sent from here, it would take CPU time that feeds many
 * such processes; where they are slow or silent, this one goes on by itself.
 */
const PATIENCE_MS = 3_000;

export function createBatchRunner(options: BatchRunnerOptions): BatchRunner {
  const { context, remote, checks, ledger, stats, clock, runs, containerTrouble, interrupt } =
    options;

  /** Whether the object has changed since the run listed the container. A hint has no listing. */
  function outdatedIn(run: number): (name: ObjectName) => boolean {
    if (run === NO_RUN) return () => false;
    const changed = runs.get(run)?.changed;
    return (name) => changed === undefined || changed.has(name);
  }

  /** Whether another process carries the batch out: it is to be given to it without a wait. */
  async function goesElsewhere(batch: UploadBatch): Promise<boolean> {
    if (remote === undefined || batch.sizes.length < FEWEST_ELSEWHERE) return false;
    const latestMs = clock.monotonic() + PATIENCE_MS;
    while (!remote.takes(batch)) {
      const ms = latestMs - clock.monotonic();
      if (ms <= 0 || !(await remote.mayTake(batch, ms, interrupt))) return false;
    }
    return true;
  }

  async function attempt(
    batch: UploadBatch,
    files: readonly AdmittedFile[],
    run: number,
    freeSlot: () => void,
  ): Promise<Attempt> {
    if (containerTrouble.error !== undefined)
      return { result: undefined, error: containerTrouble.error };
    const isOutdated = outdatedIn(run);
    const needsJob = (file: BatchedFile) => isOutdated(file.entry.path) || mustWait(file, checks);
    try {
      const elsewhere = (await goesElsewhere(batch)) ? remote : undefined;
      if (elsewhere !== undefined) freeSlot();
      const effects = elsewhere ?? context.effects;
      const result = await uploadBatch(batch, files, { ...context, effects, needsJob }, interrupt);
      return { result, error: undefined };
    } catch (error) {
      // The job of each file meets the same trouble again, and knows what to do about it.
      const left = files.map((file) => ({ file, mayHaveGoneOut: true }));
      return { result: { done: [], left }, error };
    } finally {
      // Also after a failure: a request may have succeeded, and its response may be lost.
      for (const { entry } of files) runs.changed(entry.path, run);
    }
  }

  return {
    async run(batch, files, run, freeSlot) {
      const startedMs = clock.monotonic();
      const ended = stats.batchStarted(files.map(({ entry }) => entry));
      const { result, error } = await attempt(batch, files, run, freeSlot);
      ended();
      if (result === undefined) ledger.undone(run, files);
      else {
        const unbooked = ledger.book(run, result, startedMs);
        // The index could not be read, which concerns the whole mirror.
        if (unbooked !== undefined) containerTrouble.report(unbooked);
      }
      return error;
    },
    dropped: (files, run) => ledger.dropped(run, files),
  };
}

/** Whether the file has failed before or waits for room, has an upload in parts, or its source may be another folder. */
function mustWait(
  { entry, why }: BatchedFile,
  { quarantine, waits, room, uploads, source }: BatchChecks,
): boolean {
  const { path: name, size } = entry;
  if (quarantine.get(name) !== undefined || waits.has(name) || !uploads.isIdle(name)) return true;
  return room.waitFor(name, size) > 0 || (why !== 'new' && source.replaced(name) !== undefined);
}
