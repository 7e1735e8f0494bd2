import {
  type DispatchedAnswer,
  type DispatcherStatus,
  JobRefusedError,
  type PackedJob,
  QueueAwayError,
  type RefusedJob,
} from './dispatcher.js';
import type { JobFacts } from './job-form.js';

/** A job that waits for its answer. */
export interface JobUnderWay extends PackedJob {
  readonly id: string;
  readonly facts: JobFacts;
  /** When it began to wait, on the monotonic clock. */
  readonly sinceMs: number;
  /** `adding`: Redis has not answered yet; `there`: it has said that it has the job; `unsure`: it has not, and may have it. */
  state: 'adding' | 'there' | 'unsure';
  /** Two workers may be at work on it: it was added a second time, or Redis may have forgotten who has it. */
  isShared: boolean;
  readonly answer: Promise<DispatchedAnswer>;
}

/** Jobs since the start: see DispatcherStatus. */
export type JobCounts = Pick<DispatcherStatus, 'changedHands' | 'fenced' | 'redone'> & {
  readonly done: number;
};

/** What is between a job and its one answer. Every other answer to it is none. */
export interface JobsUnderWay {
  readonly counts: JobCounts;
  begin(job: PackedJob, facts: JobFacts): JobUnderWay;
  get(id: string): JobUnderWay | undefined;
  all(): readonly JobUnderWay[];
  of(mirror: string): readonly JobUnderWay[];
  readd(job: JobUnderWay): void;
  /** What Redis says about the workers of these jobs may be of an earlier moment from now on. Returns how many there are. */
  shareAll(): number;
  answered(job: JobUnderWay, answer: DispatchedAnswer): void;
  refused(job: JobUnderWay, refused: RefusedJob): void;
  /** Its caller does it. It may be done by a worker as well. */
  takenBack(job: JobUnderWay, why: string): void;
  /** It is not in the queue any more, where no worker had had it: none will. */
  removed(job: JobUnderWay, why: string): void;
  /** Its caller wants no answer any more. It may be done by a worker all the same. */
  dropped(job: JobUnderWay, reason: unknown): void;
  /** When a worker was last left that may still be at work for a mirror, on the monotonic clock; undefined: none was. */
  leftAtMs(mirror: string): number | undefined;
}

interface Waiting extends JobUnderWay {
  resolve(answer: DispatchedAnswer): void;
  reject(error: unknown): void;
}

/** Ids of longshore's jobs, whichever process made them. */
const ID = /^e[\da-z]{6,32}-\d+$/;

/** Whether longshore may have added a job of this id. */
export function isJobId(id: string): boolean {
  return ID.test(id);
}

/**
 * `epoch`: letters and digits that no other process uses, so that no job is taken for one of an earlier process. `ended`: called
 * when a job waits for no answer any more.
 */
export function jobsUnderWay(
  epoch: string,
  nowMs: () => number,
  ended: () => void = () => {},
): JobsUnderWay {
  const jobs = new Map<string, Waiting>();
  const leftAtMs = new Map<string, number>();
  const counts = { done: 0, changedHands: 0, fenced: 0, redone: 0 };
  let number = 0;

  /** Undefined: it has its answer. */
  function end({ id }: JobUnderWay): Waiting | undefined {
    const job = jobs.get(id);
    if (jobs.delete(id)) ended();
    return job;
  }

  function leave({ mirror }: JobUnderWay): void {
    leftAtMs.set(mirror, nowMs());
  }

  return {
    counts,
    begin(order, facts) {
      number += 1;
      const job = waitingJob(order, `e${epoch}-${number}`, facts, nowMs());
      jobs.set(job.id, job);
      return job;
    },
    get: (id) => jobs.get(id),
    all: () => [...jobs.values()],
    of: (mirror) => [...jobs.values()].filter((job) => job.mirror === mirror),
    readd(job) {
      job.isShared = true;
      counts.redone += 1;
    },
    shareAll() {
      for (const job of jobs.values()) job.isShared = true;
      return jobs.size;
    },
    answered(job, answer) {
      const waiting = end(job);
      if (waiting === undefined) return;
      counts.done += 1;
      if (answer.changedHands) {
        counts.changedHands += 1;
        leave(job);
      }
      waiting.resolve(answer);
    },
    refused(job, refused) {
      const waiting = end(job);
      if (waiting === undefined) return;
      if (refused.refusal === 'fenced') counts.fenced += 1;
      if (!refused.nothingBegun) leave(job);
      waiting.reject(new JobRefusedError(refused));
    },
    takenBack(job, why) {
      const waiting = end(job);
      if (waiting === undefined) return;
      counts.redone += 1;
      counts.changedHands += 1;
      leave(job);
      waiting.reject(new QueueAwayError(why));
    },
    removed: (job, why) =>
      end(job)?.reject(new QueueAwayError(why, { nothingBegun: !job.isShared })),
    dropped(job, reason) {
      leave(job);
      end(job)?.reject(reason);
    },
    leftAtMs: (mirror) => leftAtMs.get(mirror),
  };
}

function waitingJob(
  { kind, mirror, payload }: PackedJob,
  id: string,
  facts: JobFacts,
  sinceMs: number,
): Waiting {
  const { promise, resolve, reject } = withResolvers<DispatchedAnswer>();
  return {
    kind,
    mirror,
    payload,
    id,
    facts,
    sinceMs,
    state: 'adding',
    isShared: false,
    answer: promise,
    resolve,
    reject,
  };
}

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((fulfil, fail) => {
    resolve = fulfil;
    reject = fail;
  });
  return { promise, resolve, reject };
}
