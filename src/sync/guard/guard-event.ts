import type { NameSet } from '../../state/ledger.js';
import type { Guarded } from '../../state/object-index.js';
import type { Change } from '../guard-rule.js';

/** The time and the size of the mirror, which a guard judges by. */
export interface Moment {
  readonly nowMs: number;
  /** Milliseconds since the moment before, by the monotonic clock. */
  readonly passedMs: number;
  /** Objects in the mirror. */
  readonly objects: number;
}

export type GuardEvent =
  /** A job wants to make a change. `guarded` is what the object's record says; extraneous objects have none. */
  | {
      readonly type: 'asked';
      readonly change: Change;
      readonly extraneous: boolean;
      readonly guarded: Guarded | undefined;
      readonly at: Moment;
    }
  /** Many deletes of records without a verdict are to be made together. */
  | { readonly type: 'asked together'; readonly deletes: number; readonly at: Moment }
  /** So many changes that were counted were not made. */
  | { readonly type: 'refunded'; readonly change: Change; readonly amount: number }
  /** A run has found so many deletes, and these extraneous objects; undefined when it did not list the container. */
  | {
      readonly type: 'run began';
      readonly deletes: number;
      readonly extraneous: NameSet | undefined;
      readonly at: Moment;
    }
  | { readonly type: 'run ended' }
  /** A job or a run is over: so many records are held now. */
  | { readonly type: 'settled'; readonly held: number }
  /** A person has decided, and all records say so. */
  | { readonly type: 'approved' | 'rejected' | 'rejections undone' };
