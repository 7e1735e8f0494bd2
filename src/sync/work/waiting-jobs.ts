import type { Clock } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';
import { POLL_MS, type ScansDue } from '../scan/scans-due.js';
import type { Job } from './job.js';
import type { Pending } from './pending.js';

/**
 * Jobs that wait for what becomes of another name, or for scans, outside of the queue: they hold no slot there, so that what
 * they wait for can always run. Which job waits for what, and why: whereabouts.ts.
 */
export interface WaitingJobs {
  /** Keeps the job until no job sees to `other` any more. False: too many wait already. `settling`: a watcher will give it out. */
  waitFor(job: Job, other: ObjectName, settling: boolean): boolean;
  /** Keeps the job until the scans have been made that were due as of its `asOfMs`, or until `untilMs`. False: see waitFor. */
  waitForScans(job: Job, untilMs: number): boolean;
  /** Whether what this name waits for comes down to the other one. */
  comesDownTo(name: ObjectName, other: ObjectName): boolean;
  /** No job sees to this name any more, or none that is worth waiting for. */
  ended(name: ObjectName): void;
  /** Hints were taken, or a scan has found all there is: what a watcher was to give out may have come in another form. */
  recheck(): void;
}

export interface WaitingJobsOptions {
  readonly pending: Pick<Pending, 'has'>;
  readonly scansDue: Pick<ScansDue, 'isDue' | 'request'>;
  /** Puts a job back into the queue. */
  readonly requeue: (job: Job) => void;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** Aborted: nothing is put back any more. */
  readonly signal: AbortSignal;
}

/** More than a watcher gives out at once. The index knows what is due, so that what is beyond can be left to a scan. */
const MOST = 25_000;

export function createWaitingJobs({
  pending,
  scansDue,
  requeue,
  clock,
  signal,
}: WaitingJobsOptions): WaitingJobs {
  const byOther = new Map<ObjectName, Map<ObjectName, Job>>();
  const others = new Map<ObjectName, ObjectName>();
  const forScans = new Map<ObjectName, { readonly job: Job; readonly untilMs: number }>();
  let looking = false;

  function ended(other: ObjectName): void {
    const jobs = byOther.get(other);
    if (jobs === undefined || signal.aborted) return;
    byOther.delete(other);
    for (const [name, job] of jobs) {
      if (others.get(name) === other) others.delete(name);
      requeue(job);
    }
  }

  function releaseForScans(): void {
    const nowMs = clock.monotonic();
    const mustWait = forJobsInTurn(scansDue);
    for (const [name, { job, untilMs }] of forScans) {
      if (nowMs < untilMs && mustWait(job.asOfMs ?? nowMs, job.run)) continue;
      forScans.delete(name);
      requeue(job);
    }
  }

  /** This keeps the process alive: a one-shot run may have nothing else to live for. */
  async function keepLooking(): Promise<void> {
    if (looking) return;
    looking = true;
    while (forScans.size > 0 && !signal.aborted) {
      await clock.sleep(POLL_MS, signal).catch(() => undefined); // rejects only when aborted
      if (!signal.aborted) releaseForScans();
    }
    looking = false;
  }

  return {
    waitFor(job, other) {
      if (others.size + forScans.size >= MOST) return false;
      const jobs = byOther.get(other);
      if (jobs) jobs.set(job.name, job);
      else byOther.set(other, new Map([[job.name, job]]));
      others.set(job.name, other);
      return true;
    },
    waitForScans(job, untilMs) {
      if (others.size + forScans.size >= MOST) return false;
      forScans.set(job.name, { job, untilMs });
      void keepLooking();
      return true;
    },
    comesDownTo(name, other) {
      const met = new Set<ObjectName>();
      for (
        let at: ObjectName | undefined = name;
        at !== undefined && !met.has(at);
        at = others.get(at)
      ) {
        if (at === other) return true;
        met.add(at);
      }
      return false;
    },
    ended,
    recheck() {
      for (const other of [...byOther.keys()]) if (!pending.has(other)) ended(other);
      if (!signal.aborted) releaseForScans();
    },
  };
}

/**
 * The same, for jobs that wait for a name without a job: `hint` makes a job of that name, or ends the wait. Otherwise no job
 * would ever end it.
 */
export function hintingOthers(
  jobs: WaitingJobs,
  pending: Pick<Pending, 'has'>,
  hint: (name: ObjectName) => void,
): WaitingJobs {
  return {
    ...jobs,
    waitFor(job, other, settling) {
      if (!jobs.waitFor(job, other, settling)) return false;
      if (!settling && !pending.has(other)) hint(other);
      return true;
    },
  };
}

/**
 * Whether a job must wait for scans, which are requested then. Jobs of one moment and one run, which follow one another, are
 * asked about once.
 */
function forJobsInTurn({
  isDue,
  request,
}: WaitingJobsOptions['scansDue']): (asOfMs: number, run: number) => boolean {
  let last: { readonly asOfMs: number; readonly run: number; readonly due: boolean } | undefined;
  return (asOfMs, run) => {
    if (last?.asOfMs === asOfMs && last.run === run) return last.due;
    last = { asOfMs, run, due: isDue(asOfMs, run) };
    if (last.due) request(asOfMs);
    return last.due;
  };
}
