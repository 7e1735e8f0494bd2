import type { NameSet } from '../../state/ledger.js';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { Change } from '../guard-rule.js';
import type { HeldObject, HeldTogether, RecordVisitor } from './held-records.js';

/**
 * Stands between what was found to be due and the container: lets changes that destroy something pass as long as they are
 * few, and holds them once they are many. Uploads of anything else are none of its business.
 *
 * It is open, or it holds. Open, each delete and each suspicious overwrite is counted, durably and before it is done; what
 * would exceed the rule makes it hold. Holding, every one of them is held: recorded in the index, and left alone. It opens
 * again when a person approves or rejects what is held, or when nothing is held any more because the files are back; time
 * alone never opens it. What was held is never done without an approval, whatever else happens.
 */
export interface Guard {
  /** Of records through which the guard sees what becomes of held objects; everything else must write through it too. */
  readonly index: ObjectIndex;
  /** Undefined while it is open. */
  readonly holding: { readonly sinceMs: number; readonly why: string } | undefined;
  /** Objects held, for each kind of change; extraneous objects have no records. */
  readonly held: {
    readonly deletes: number;
    readonly overwrites: number;
    readonly extraneous: number;
  };
  /** The extraneous objects that the last reconcile found are exactly those whose deletes a person has rejected. */
  readonly extraneousStays: boolean;
  /**
   * Asks for a permit for one change, right before it is made. When it is refused, the index says so durably. `known` is
   * the object's record, undefined for an object that is not ours.
   */
  ask(change: Change, name: ObjectName, known: ObjectRecord | undefined): Promise<Permit>;
  /**
   * Asks for one permit for so many deletes of records without a verdict. Undefined: not all of them pass, and each is to ask
   * for itself.
   */
  askTogether(deletes: number): Promise<PermitForMany | undefined>;
  /**
   * Reports how many deletes a scan has found, before the first is asked for: if they are too many, none of them passes.
   * `extraneous` are the extraneous objects among them, undefined when the container was not listed. What this returns is
   * to be called when all of them have been seen to.
   */
  expect(deletes: number, extraneous: NameSet | undefined): Promise<() => Promise<void>>;
  /**
   * Holds the deletes of these objects together, without a permit each. Undefined, and nothing is held: the guard is open, or
   * a person's decision is being written, and each delete is to ask for itself. `names` are judged at once and not later, as
   * the caller has just found them to be missing; objects whose record has any verdict, or is not confirmed, are not held.
   */
  holdAll(names: readonly ObjectName[]): HeldTogether | undefined;
  /** Opens when nothing is held any more. */
  settle(): Promise<void>;
  /** What is held, and the id that a decision has to name. `visit` sees all records on the way. */
  describe(visit?: RecordVisitor): Promise<HeldDescription>;
  /** Another text whenever what is held may be something else. */
  readonly heldVersion: string;
  /** What is held, in the order of the names, after a name. Extraneous objects are not among them. */
  list(after?: ObjectName): AsyncIterable<HeldObject>;
  /**
   * Decides what is held, if it still is what `id` stands for. Resolves with the number of changes when that is durable.
   * Approved changes are made when they are found to be due again. Rejected deletes leave the object for good, unless
   * its file is back; rejected overwrites, until the file looks sound again. Of extraneous objects, none is deleted any more
   * without an approval.
   *
   * @throws HeldChangedError
   */
  approve(id: string): Promise<number>;
  reject(id: string): Promise<number>;
  /** Takes back every rejection: later scans find and judge these changes again. */
  undoRejections(): Promise<number>;
}

export type Permit = GrantedPermit | { readonly granted: false };

export interface GrantedPermit {
  readonly granted: true;
  /** To be called when the change was not made after all, so that it does not count. */
  refund(): Promise<void>;
}

/** For many deletes. */
export interface PermitForMany {
  /** To be called with how many of them were not made after all, so that these do not count. */
  refund(deletes: number): Promise<void>;
}

/** For what does not count at all. */
export const FREE: GrantedPermit = { granted: true, refund: () => Promise.resolve() };

export interface HeldDescription {
  /** Empty when nothing is held. */
  readonly id: string;
  readonly sinceMs: number | null;
  readonly why: string;
  readonly deletes: number;
  readonly overwrites: number;
  readonly foreign: number;
}

/** What is held is not what the decision was about. */
export class HeldChangedError extends Error {
  override readonly name = 'HeldChangedError';
}
