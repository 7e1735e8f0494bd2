import type { Clock } from '../clock.js';
import { workersGoneMs } from './document.js';
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
  /** For how long workers of an earlier holder, or of a lost lease of ours, trust that lease. 0: there are none. */
  readonly earlierTrustMs: number;
  /** When none of them writes any more, by the monotonic clock: no write goes out before. Infinite until the lease is taken. */
  readonly workersGoneAtMs: number;
}

/** The result of a renewal. `why`: for the operator. */
export type Renewed =
  | { readonly type: 'renewed'; readonly held: Held }
  | { readonly type: 'taken over' | 'went back'; readonly why: string };

export type LeaseEvent =
  | Renewed
  | { readonly type: 'rival read'; readonly text: string; readonly atMs: number }
  /** Those of the holder whose lease is to be taken; see LeaseDocument. 0: there are none. */
  | { readonly type: 'workers found'; readonly trustMs: number }
  | { readonly type: 'take sent'; readonly held: Held }
  /** `atMs`: after the answer, by the monotonic clock. */
  | { readonly type: 'taken'; readonly held: Held; readonly atMs: number }
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
    earlierTrustMs: 0,
    workersGoneAtMs: 0,
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
 * | free  | workers found                                | free: they may write                             |
 * | free  | take sent                                    | free: ours, if it is what the next read finds    |
 * | free  | take overwrote                               | free: to be read before it is taken              |
 * | free  | taken                                        | held: renewed regularly, no rival, no take-over  |
 * | free  | taken, workers may write                     | held: no write until they are gone               |
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
 * | held  | write asked, workers may write               | held: used, it waits for their end               |
 * | held  | taken over                                   | free: lost, the rival is alive                   |
 * | held  | went back                                    | free: lost                                       |
 * | held  | taken over or went back, with workers        | free: lost, our workers may still write          |
 * | held  | released                                     | free: not lost                                   |
 */
export function leaseStep(state: LeaseState, event: LeaseEvent): LeaseState {
  switch (event.type) {
    case 'rival read':
      return rivalRead(state, event.text, event.atMs);
    case 'workers found':
      return { ...state, ...withWorkers(Math.max(state.earlierTrustMs, event.trustMs)) };
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
        workersGoneAtMs:
          state.earlierTrustMs > 0 ? event.atMs + workersGoneMs(state.earlierTrustMs) : 0,
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
      return { ...lost(state, event.why), rivalLives: true };
    case 'went back':
      return lost(state, event.why);
    case 'released':
      return { ...state, held: undefined };
  }
}

/** Whether a write may go out before the next renewal. */
export function mayWrite(
  { held, skipped, workersGoneAtMs }: LeaseState,
  periodMs: number,
  clock: Pick<Clock, 'monotonic' | 'now'>,
): boolean {
  return (
    held !== undefined &&
    !skipped &&
    clock.monotonic() >= workersGoneAtMs &&
    isTrusted(held, periodMs, clock)
  );
}

/** For how long the next document lets workers trust it: while those of an earlier holder may write, at least for as long as they. */
export function trustToWrite(
  { earlierTrustMs, workersGoneAtMs }: LeaseState,
  own: number | undefined,
  clock: Pick<Clock, 'monotonic'>,
): number | undefined {
  return clock.monotonic() < workersGoneAtMs ? Math.max(own ?? 0, earlierTrustMs) : own;
}

function lost(state: LeaseState, why: string): LeaseState {
  const trustMs = state.held?.document.workersTrustMs ?? 0;
  return { ...state, held: undefined, lost: why, ...withWorkers(trustMs) };
}

function withWorkers(earlierTrustMs: number) {
  return { earlierTrustMs, workersGoneAtMs: earlierTrustMs > 0 ? Number.POSITIVE_INFINITY : 0 };
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
