import type { Quarantined } from '../../state/ledger.js';
import type { SkipReason } from '../events.js';
import type { Change } from '../guard-rule.js';
import type { Job } from './job.js';
import type { Outcome } from './outcome.js';

/** A later attempt for the same object. */
export interface Retry {
  readonly job: Job;
  /** Milliseconds from now. */
  readonly inMs: number;
}

/** How one attempt of a job ended. The job ledger books it: see JobLedger.book. */
export type Verdict =
  | { readonly verdict: 'done'; readonly outcome: Extract<Outcome, { outcome: 'done' }> }
  /** Nothing was due. */
  | { readonly verdict: 'needless' }
  /** WaitingJobs has the job now, and puts it back into the queue. */
  | { readonly verdict: 'waits' }
  /** The guard stopped it; a person decides. */
  | { readonly verdict: 'held'; readonly change: Change }
  /** It is to be done, and another job runs for this name when its time has come. */
  | { readonly verdict: 'deferred'; readonly reason: SkipReason; readonly detail: string }
  /** `resumes`: another job runs for this name when the obstacle is gone. */
  | {
      readonly verdict: 'skipped';
      readonly reason: SkipReason;
      readonly detail: string;
      readonly resumes: boolean;
    }
  /** Not tried, or refused for lack of space: the attempt does not count. */
  | { readonly verdict: 'postponed'; readonly retry: Retry }
  /** `passing`: as happens every day, to a file that is being written to. */
  | {
      readonly verdict: 'failed';
      readonly error: Error;
      /** From 1. */
      readonly attempt: number;
      readonly passing: boolean;
      readonly retry: Retry;
    }
  | ({ readonly verdict: 'quarantined' } & QuarantineVerdict)
  /** Found to be due, and not tried: the object is quarantined, its file is unchanged, and its time has not come. */
  | {
      readonly verdict: 'still-quarantined';
      readonly quarantined: Quarantined;
      readonly retry: Retry;
    }
  /** Every job of the target would meet it. `job` is to be tried again; its attempt does not count. */
  | { readonly verdict: 'target-trouble'; readonly error: Error; readonly job: Job }
  /** Every job of the mirror would meet it. The job is dropped: the reconcile that follows finds it again. */
  | { readonly verdict: 'container-trouble'; readonly error: Error }
  /** The mirror was stopped meanwhile. */
  | { readonly verdict: 'stopped' };

interface QuarantineVerdict {
  readonly error: Error;
  /** From 1. */
  readonly attempt: number;
  /** Set where only a change of the file helps: the object is reported as skipped, and not as failed. */
  readonly skipReason: SkipReason | undefined;
  /** False: the object was quarantined before, with the same file, and a run has not asked for it. */
  readonly isNews: boolean;
  readonly passing: boolean;
  /** Undefined: no later attempt but by a scan that finds the object to be due. */
  readonly retry: Retry | undefined;
}
