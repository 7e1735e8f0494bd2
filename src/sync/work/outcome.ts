import type { ObjectRecord } from '../../state/object-index.js';
import type { JobKind, SkipReason } from '../events.js';
import type { Planned } from '../evidence.js';
import type { GrantedPermit } from '../guard/guard.js';
import type { Change } from '../guard-rule.js';

/** What the index is to say of the job's object from now on. */
export type Entry =
  | { readonly record: ObjectRecord }
  /** No record. `permit`: the guard's for the delete; it does not count when the index could not be written. */
  | { readonly record: undefined; readonly permit?: GrantedPermit };

/** How an attempt ended that met no error: what it did, and what `Books.record` is to write down of it. */
export type Outcome =
  | {
      readonly outcome: 'done';
      readonly job: JobKind;
      readonly why: string;
      readonly bytes: number;
      readonly entry: Entry;
      /** The object was given other metadata, and no other content. */
      readonly metadata?: true;
      /** In a run that makes a plan: what was to be done, and why. */
      readonly planned?: Planned;
    }
  | { readonly outcome: 'nothing' }
  /** Not over: the job is kept until something else has been seen to (see WaitingJobs), and then runs again. */
  | { readonly outcome: 'waits' }
  /** The guard gave no permit; a person decides. */
  | { readonly outcome: 'held'; readonly change: Change }
  /** Not done yet, and reported. Another job runs for this name when its time has come. */
  | { readonly outcome: 'deferred'; readonly reason: SkipReason; readonly detail: string }
  /** `resumes`: another job runs for this name when what is in its way is over. */
  | {
      readonly outcome: 'skipped';
      readonly reason: SkipReason;
      readonly detail: string;
      readonly resumes?: boolean;
      /** Missing: the record stays. */
      readonly entry?: Entry;
    };
