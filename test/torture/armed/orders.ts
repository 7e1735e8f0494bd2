import { appendFileSync } from 'node:fs';
import type { Operation } from '../../../src/drivers/layers/operations.js';
import type { Failpoint } from '../../../src/failpoint.js';

/** What goes wrong with one call to the target, the next of its operation. */
export interface OrderedFault {
  readonly id: number;
  readonly operation: Operation;
  /** `lost`: done, and then reported as failed. `lie`: done, and another checksum is reported. `stall`: late. */
  readonly kind: 'error' | 'down' | 'full' | 'lost' | 'lie' | 'stall';
}

/** The orders for a torture build, as JSON in its environment. */
export interface Orders {
  readonly seed: number;
  /** Where it notes what it does; appended to by all its threads. */
  readonly log: string;
  /** Ends the process as kill -9 does, when the point is reached for the `hit`-th time in its thread. */
  readonly kill?: { readonly point: Failpoint; readonly hit: number };
  readonly clockJumps: boolean;
  /** The share of watch events that are lost. */
  readonly lostEvents: number;
  readonly faults: readonly OrderedFault[];
  /** Set where no process is left that may write late: how long after names changed hands they are looked at again. */
  readonly lateLookMs?: number;
  /** What its notes of changes are signed with. */
  readonly by?: 'worker';
  /** It stops right before its so-many-th write, after the fence was asked: 1 for the first. */
  readonly freezeAtWrite?: number;
}

/** One line of the log. Times are of the system's monotonic clock, in nanoseconds: the same in every process. */
export type Note =
  | { readonly note: 'reached'; readonly point: Failpoint }
  | { readonly note: 'killed'; readonly point: Failpoint }
  | { readonly note: 'fault'; readonly id: number }
  /** It stopped right before it wrote some of these objects. */
  | { readonly note: 'frozen'; readonly pid: number; readonly names: readonly string[] }
  /** A change of the container begins, or has ended. */
  | {
      readonly note: 'begun';
      readonly what: 'put' | 'delete';
      readonly names: readonly string[];
      readonly atNs: string;
    }
  | {
      readonly note: 'ended';
      readonly what: 'put' | 'delete';
      readonly names: readonly string[];
      readonly atNs: string;
      /** Of a local target: what each name holds then, as MD5; null for nothing. */
      readonly contents?: readonly (string | null)[];
      readonly by?: 'worker';
    };

export const ORDERS = 'LONGSHORE_TORTURE';

const NO_ORDERS: Orders = {
  seed: 0,
  log: '/dev/null',
  clockJumps: false,
  lostEvents: 0,
  faults: [],
};

export const orders: Orders = {
  ...NO_ORDERS,
  ...(JSON.parse(process.env[ORDERS] ?? '{}') as Partial<Orders>),
};

export function note(line: Note): void {
  // Begins a line of its own: a kill may have torn the one before.
  appendFileSync(orders.log, `\n${JSON.stringify(line)}\n`);
}
