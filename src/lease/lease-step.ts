import type { Clock } from '../clock.js';
import { type Held, isTrusted } from './held.js';

/** What a process knows of the lease that it wants or holds. */
export interface LeaseState {
  /** The last renewal that arrived; undefined while the lease is free for this process. */
  readonly held: Held | undefined;
  /** Of the lease that was taken last; 0 before the first. */
  readonly fence: number;
  /** Why it is not held any more. Undefined while it is held, and after a release. */
  readonly lost: string | undefined;
  /** A write has asked for it since the last renewal was sent. */
  readonly used: boolean;
  /** A renewal was skipped for want of writes: the next write renews first. */
  readonly skipped: boolean;
  /** Another holder's lease, and when it was first read with this content, by the monotonic clock. */
  readonly rival: { readonly text: string; readonly sinceMs: number } | undefined;
  /** Another holder renewed between two reads, or took the lease from this process: it runs. */
  readonly rivalLives: boolean;
  /** Our last write that takes the lease: it may have arrived although its answer was lost. */
  readonly wanted: Held | undefined;
  /** That write had no condition, so another one may have replaced it. */
  readonly overwrote: boolean;
  /** The lease is to be taken from any holder, once. */
  readonly takeOver: boolean;
}

/** The result of a renewal. `why`: for the operator. */
export type Renewed =
  | { readonly type: 'renewed'; readonly held: Held }
  | { readonly type: 'taken over' | 'went back'; readonly why: string };

export type LeaseEvent =
  | Renewed
  | { readonly type: 'rival read'; readonly text: string; readonly atMs: number }
  | { readonly type: 'take sent' | 'taken'; readonly held: Held }
  | {
      readonly type: 'take overwrote' | 'write asked' | 'renewal due' | 'renewal sent' | 'released';
    };

export function newLeaseState(takeOver: boolean): LeaseState {
  return {
    held: undefined,
    fence: 0,
    lost: undefined,
    used: false,
    skipped: false,
    rival: undefined,
    rivalLives: false,
    wanted: undefined,
    overwrote: false,
    takeOver,
  };
}

/**
 * A lease as one process sees it: free or held. Pure; `mayWrite` is its answer to a write. A rival is another holder.
 *
 * | state | event                                        | next state, and what follows                     |
 * | ----- | -------------------------------------------- | ------------------------------------------------ |
 * | free  | rival read for the first time                | free: its silence begins                         |
 * | free  | rival read, unchanged                        | free: its silence goes on                        |
 * | free  | rival read, changed                          | free: its silence begins again, it is alive      |
 * | free  | take sent                                    | free: ours, if it is what the next read finds    |
 * | free  | take overwrote                               | free: to be read before it is taken              |
 * | free  | taken                                        | held: renewed regularly, no rival, no take-over  |
 * | free  | write asked                                  | free: no write                                   |
 * | free  | renewed, after the end                       | free: nothing                                    |
 * | held  | write asked, renewal recent by both clocks   | held: used, it goes out                          |
 * | held  | write asked, renewal old by one of the clocks | held: used, renewed first                        |
 * | held  | write asked, last renewal skipped            | held: used, renewed first                        |
 * | held  | write asked, target full, lease read long ago | held: used, read first                           |
 * | held  | renewal due                                  | held: renewed                                    |
 * | held  | renewal due, renews when used, not used      | held: skipped                                    |
 * | held  | renewal sent                                 | held: not used                                   |
 * | held  | renewed                                      | held: not skipped                                |
 * | held  | taken over                                   | free: lost, the rival is alive                   |
 * | held  | went back                                    | free: lost                                       |
 * | held  | released                                     | free: not lost                                   |
 */
export function leaseStep(state: LeaseState, event: LeaseEvent): LeaseState {
  switch (event.type) {
    case 'rival read':
      return rivalRead(state, event.text, event.atMs);
    case 'take sent':
      return { ...state, wanted: event.held };
    case 'take overwrote':
      return { ...state, overwrote: true };
    case 'taken':
      return {
        ...state,
        held: event.held,
        fence: event.held.document.fence,
        lost: undefined,
        skipped: false,
        rival: undefined,
        overwrote: false,
        takeOver: false,
      };
    case 'write asked':
      return state.used ? state : { ...state, used: true };
    case 'renewal due':
      return { ...state, skipped: state.held?.document.renewsWhenUsed === true && !state.used };
    case 'renewal sent':
      return { ...state, used: false };
    case 'renewed':
      return state.held ? { ...state, held: event.held, skipped: false } : state;
    case 'taken over':
      return { ...state, held: undefined, lost: event.why, rivalLives: true };
    case 'went back':
      return { ...state, held: undefined, lost: event.why };
    case 'released':
      return { ...state, held: undefined };
  }
}

/** Whether a write may go out before the next renewal. */
export function mayWrite(
  { held, skipped }: LeaseState,
  periodMs: number,
  clock: Pick<Clock, 'monotonic' | 'now'>,
): boolean {
  return held !== undefined && !skipped && isTrusted(held, periodMs, clock);
}

function rivalRead(state: LeaseState, text: string, atMs: number): LeaseState {
  const { rival, rivalLives } = state;
  if (rival?.text === text) return state;
  return {
    ...state,
    rival: { text, sinceMs: atMs },
    rivalLives: rivalLives || rival !== undefined,
  };
}
