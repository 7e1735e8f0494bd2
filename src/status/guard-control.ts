import type { Guard, HeldDescription } from '../sync/guard/guard.js';
import type { HeldObject } from '../sync/guard/held-records.js';

/** Where somebody learns what one mirror's guard holds, and decides: in the daemon, or on the state of one that does not run. */
export type GuardControl = Pick<
  Guard,
  'describe' | 'list' | 'approve' | 'reject' | 'undoRejections'
>;

/** The answers of the control socket; plain JSON. */
export interface HeldAnswers {
  readonly described: HeldDescription;
  readonly listed: { readonly objects: readonly HeldObject[]; readonly more: boolean };
  readonly decided: { readonly changed: number };
}
