import type { Guard, HeldDescription } from '../sync/guard/guard.js';
import type { HeldObject } from '../sync/guard/held-records.js';

/** Lists what one mirror's guard holds, and takes decisions: in the daemon, or on the state when no daemon runs. */
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
