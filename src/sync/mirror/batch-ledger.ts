import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { Since } from '../moment.js';
import type { BatchedFile } from '../upload-batch.js';
import type { Job } from '../work/job.js';
import type { JobQueue } from '../work/queue.js';
import type { TargetRoom } from '../work/target-room.js';
import type { BatchResult, LeftFile } from '../work/upload-batch.js';
import { keyOf } from './admission.js';
import type { MirrorStats } from './mirror-stats.js';
import type { BookedJob, OpenJobs } from './open-jobs.js';
import { requeue } from './retries.js';
import type { Run, Runs } from './runs.js';

/** A file of a batch that the queue has taken. `since`: see Job. */
export interface AdmittedFile extends BatchedFile {
  readonly since: Since;
}

/** What the job of a file of a batch knows of its object. What the listing said of one that is there did not come along. */
export function remoteOfJob(listed: AdmittedFile['listed']): 'unknown' | 'absent' | 'ask' {
  return listed === 'present' ? 'ask' : listed;
}

/** Books what becomes of the files of a batch, as JobLedger does for jobs. */
export interface BatchLedger {
  /** `startedMs`: when the batch began, on the monotonic clock. */
  book(run: number, result: BatchResult<AdmittedFile>, startedMs: number): void;
  /** None of these files was seen to: a scan finds them again. */
  undone(run: number, files: readonly AdmittedFile[]): void;
  /** The batch of these files will never run. */
  dropped(run: number, files: readonly AdmittedFile[]): void;
}

export interface BatchLedgerOptions {
  readonly mirror: string;
  readonly queue: Pick<JobQueue<Job>, 'add'>;
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

  const bookedAs = ({ entry }: AdmittedFile, run: number): BookedJob => ({
    name: entry.path,
    key: keyOf(mirror, entry.path),
    run,
  });

  function bookDone(file: AdmittedFile, id: number, run: Run | undefined, startedMs: number) {
    const { size } = file.entry;
    run?.tally.done('upload_object', size);
    if (run) run.work.bytesDone += size;
    const outcome = { job: 'upload_object', why: file.why, bytes: size, startedMs } as const;
    stats.done({ name: file.entry.path }, outcome);
    openJobs.over(bookedAs(file, id));
  }

  /** The keys of a batch count as running until it was booked, so that the job runs after it. */
  function bookLeft({ file, mayHaveGoneOut }: LeftFile<AdmittedFile>, run: number): void {
    if (drain.aborted) {
      openJobs.undone(bookedAs(file, run));
      return;
    }
    const { since, listed } = file;
    void requeue(queue, {
      ...bookedAs(file, run),
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
      const run = runs.get(id);
      for (const each of left) bookLeft(each, id);
      for (const { file } of done) bookDone(file, id, run, startedMs);
      if (done.length === 0) return;
      room.fitted(Math.max(...done.map(({ file }) => file.entry.size)));
      hintRacy(done.map(({ file, record }) => [file.entry.path, record] as const));
    },
    undone(run, files) {
      for (const file of files) openJobs.undone(bookedAs(file, run));
    },
    dropped(run, files) {
      for (const file of files) openJobs.dropped(bookedAs(file, run));
    },
  };
}
