import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { Since } from '../moment.js';
import type { BatchedFile } from '../upload-batch.js';
import type { Job } from '../work/job.js';
import type { JobQueue } from '../work/queue.js';
import type { TargetRoom } from '../work/target-room.js';
import type { BatchResult, DoneFile, LeftFile } from '../work/upload-batch.js';
import type { MirrorStats } from './mirror-stats.js';
import type { BookedJob, OpenJobs } from './open-jobs.js';
import type { Run, Runs } from './runs.js';

/** A file of a batch that the queue has taken. `key`, `since`: see Job. */
export interface AdmittedFile extends BatchedFile {
  readonly key: string;
  readonly since: Since;
}

/** What the job of a file of a batch knows of its object. What the listing said of one that is there did not come along. */
export function remoteOfJob(listed: AdmittedFile['listed']): 'unknown' | 'absent' | 'ask' {
  return listed === 'present' ? 'ask' : listed;
}

/** Books what becomes of the files of a batch, as JobLedger does for jobs. */
export interface BatchLedger {
  /**
   * `startedMs`: when the batch began, on the monotonic clock. Returns the error, if the index or the disk could not be read for
   * a name that depends on one of the files: that file counts as not seen to.
   */
  book(run: number, result: BatchResult<AdmittedFile>, startedMs: number): Error | undefined;
  /** None of these files was seen to: a scan finds them again. */
  undone(run: number, files: readonly AdmittedFile[]): void;
  /** The batch of these files will never run. */
  dropped(run: number, files: readonly AdmittedFile[]): void;
}

export interface BatchLedgerOptions {
  readonly mirror: string;
  readonly queue: Pick<JobQueue<Job>, 'putBack' | 'next'>;
  readonly stats: Pick<MirrorStats, 'done'>;
  readonly runs: Pick<Runs, 'get'>;
  readonly openJobs: OpenJobs;
  readonly room: Pick<TargetRoom, 'fitted'>;
  /** Stats the files of these records once more, soon, if they may have changed unseen. */
  readonly hintRacy: (records: readonly (readonly [ObjectName, ObjectRecord])[]) => void;
  /** Aborted: no job is queued any more. */
  readonly drain: AbortSignal;
}

export function createBatchLedger(options: BatchLedgerOptions): BatchLedger {
  const { mirror, queue, stats, runs, openJobs, room, hintRacy, drain } = options;

  const bookedAs = ({ entry, key }: AdmittedFile, run: number): BookedJob => ({
    name: entry.path,
    key,
    run,
  });

  function bookDone(
    { file, did }: DoneFile<AdmittedFile>,
    id: number,
    run: Run | undefined,
    startedMs: number,
  ) {
    const bytes = did.job === 'upload_object' ? file.entry.size : 0;
    run?.tally.done(did.job, bytes, did.why === 'metadata');
    if (run) run.work.bytesDone += bytes;
    stats.done({ name: file.entry.path }, { bytes, startedMs, ...did });
    openJobs.over(bookedAs(file, id));
  }

  /** Whatever is thrown for one file, the others are booked. Returns the first error. */
  function bookAll(
    done: readonly DoneFile<AdmittedFile>[],
    id: number,
    startedMs: number,
  ): Error | undefined {
    const run = runs.get(id);
    let failure: Error | undefined;
    for (const each of done) {
      try {
        bookDone(each, id, run, startedMs);
      } catch (error) {
        failure ??= error instanceof Error ? error : new Error(String(error));
        openJobs.undone(bookedAs(each.file, id));
      }
    }
    return failure;
  }

  /** The keys of a batch count as running until it was booked, so that the job runs after it. */
  function bookLeft({ file, mayHaveGoneOut }: LeftFile<AdmittedFile>, run: number): void {
    const booked = bookedAs(file, run);
    // A newer job for the name knows more; the mark of the batch says that it must look at the object.
    if (drain.aborted || queue.next(booked.key) !== undefined) {
      openJobs.undone(booked);
      return;
    }
    const { since, listed } = file;
    queue.putBack({
      ...booked,
      lane: 'small',
      mirror,
      since,
      attempt: 1,
      remote: mayHaveGoneOut ? 'ask' : remoteOfJob(listed),
      listedIn: run,
    });
  }

  return {
    book(id, { done, left }, startedMs) {
      for (const each of left) bookLeft(each, id);
      const failure = bookAll(done, id, startedMs);
      if (done.length === 0) return failure;
      const sent = done.filter(({ did }) => did.job === 'upload_object');
      if (sent.length > 0) room.fitted(Math.max(...sent.map(({ file }) => file.entry.size)));
      hintRacy(done.map(({ file, record }) => [file.entry.path, record] as const));
      return failure;
    },
    undone(run, files) {
      for (const file of files) openJobs.undone(bookedAs(file, run));
    },
    dropped(run, files) {
      for (const file of files) openJobs.dropped(bookedAs(file, run));
    },
  };
}
