import type { Seen } from './seen.js';

/** When one channel speaks of one mirror. */
export interface AlertRule {
  /** How long a condition must last before there is a message. */
  readonly afterMs: number;
  /** Between reminders; 0: there are none. */
  readonly remindMs: number;
}

/**
 * What one channel has said of one mirror; plain JSON, kept over restarts. Durations are milliseconds that have passed, not
 * times: a clock that jumps changes nothing.
 */
export type AlertState =
  | { readonly phase: 'quiet' }
  /** Something is wrong, and has not lasted long enough. */
  | {
      readonly phase: 'pending';
      readonly condition: string;
      readonly lastedMs: number;
      /** For how long the mirror has been at work since, without the condition; missing: it is not. */
      readonly calmMs?: number;
    }
  /** A message was sent. */
  | {
      readonly phase: 'alarmed';
      readonly condition: string;
      readonly lastedMs: number;
      readonly sinceMessageMs: number;
      readonly calmMs?: number;
      /** Something else is wrong now, and has not lasted long enough. */
      readonly next?: { readonly condition: string; readonly lastedMs: number };
    };

/** `alarm`: something is wrong; also when it is something else than before. */
export type MessageKind = 'alarm' | 'reminder' | 'recovery';

export interface Announcement {
  readonly kind: MessageKind;
  /** What is wrong, or was. */
  readonly condition: string;
  readonly lastedMs: number;
}

export interface AlertStep {
  readonly state: AlertState;
  readonly message?: Announcement;
}

/** A mirror that works for so long without the condition is over it, although it is not in sync yet. */
export const CALM_MS = 5 * 60_000;

export const QUIET: AlertState = { phase: 'quiet' };

/**
 * Pure: what a channel says of a mirror that is seen like this, `elapsedMs` after it was last seen.
 *
 * | phase   | wrong                                | well               | at work              |
 * | ------- | ------------------------------------ | ------------------ | -------------------- |
 * | quiet   | pending                              | quiet              | quiet                |
 * | pending | pending; alarmed after `afterMs`     | quiet              | quiet after CALM_MS  |
 * | alarmed | a reminder each `remindMs`; an alarm | quiet, a recovery  | quiet and a recovery |
 * |         | after `afterMs` of something else    |                    | after CALM_MS        |
 */
export function alertStep(
  state: AlertState,
  seen: Seen,
  elapsedMs: number,
  rule: AlertRule,
): AlertStep {
  switch (state.phase) {
    case 'quiet':
      return seen.kind === 'wrong' ? pend(seen.condition, 0, rule) : { state: QUIET };
    case 'pending':
      return stepPending(state, seen, elapsedMs, rule);
    case 'alarmed':
      return stepAlarmed(state, seen, elapsedMs, rule);
  }
}

/** The same state so many milliseconds later, without the mirror having been seen meanwhile, such as over a restart. */
export function unseenFor(state: AlertState, ms: number): AlertState {
  if (state.phase === 'quiet') return state;
  const { phase, condition } = state;
  const lastedMs = state.lastedMs + ms;
  if (phase === 'pending') return { phase, condition, lastedMs };
  const next = state.next && { ...state.next, lastedMs: state.next.lastedMs + ms };
  const sinceMessageMs = state.sinceMessageMs + ms;
  return { phase, condition, lastedMs, sinceMessageMs, ...(next && { next }) };
}

function pend(condition: string, lastedMs: number, { afterMs }: AlertRule): AlertStep {
  if (lastedMs < afterMs) return { state: { phase: 'pending', condition, lastedMs } };
  return {
    state: { phase: 'alarmed', condition, lastedMs, sinceMessageMs: 0 },
    message: { kind: 'alarm', condition, lastedMs },
  };
}

function stepPending(
  state: Extract<AlertState, { phase: 'pending' }>,
  seen: Seen,
  elapsedMs: number,
  rule: AlertRule,
): AlertStep {
  const lastedMs = state.lastedMs + elapsedMs;
  if (seen.kind === 'well') return { state: QUIET };
  if (seen.kind === 'wrong') return pend(seen.condition, lastedMs, rule);
  const calmMs = calmAfter(state, seen, elapsedMs);
  if (calmMs !== undefined && calmMs >= CALM_MS) return { state: QUIET };
  const { condition } = state;
  return { state: { phase: 'pending', condition, lastedMs, ...asCalm(calmMs) } };
}

function stepAlarmed(
  state: Extract<AlertState, { phase: 'alarmed' }>,
  seen: Seen,
  elapsedMs: number,
  rule: AlertRule,
): AlertStep {
  const { condition } = state;
  const lastedMs = state.lastedMs + elapsedMs;
  const sinceMessageMs = state.sinceMessageMs + elapsedMs;
  const recovered: AlertStep = { state: QUIET, message: { kind: 'recovery', condition, lastedMs } };
  const still = { phase: 'alarmed', condition, lastedMs, sinceMessageMs } as const;
  switch (seen.kind) {
    case 'well':
      return recovered;
    case 'busy': {
      const calmMs = calmAfter(state, seen, elapsedMs);
      if (calmMs !== undefined && calmMs >= CALM_MS) return recovered;
      return { state: { ...still, ...asCalm(calmMs) } };
    }
    case 'wrong': {
      if (seen.condition === condition) return remindIfDue(still, rule);
      const { next } = state;
      const isSame = next?.condition === seen.condition;
      const other = {
        condition: seen.condition,
        lastedMs: isSame ? next.lastedMs + elapsedMs : 0,
      };
      if (other.lastedMs >= rule.afterMs) return pend(other.condition, other.lastedMs, rule);
      return remindIfDue({ ...still, next: other }, rule);
    }
  }
}

function remindIfDue(
  state: Extract<AlertState, { phase: 'alarmed' }>,
  { remindMs }: AlertRule,
): AlertStep {
  const { condition, lastedMs, sinceMessageMs } = state;
  if (remindMs === 0 || sinceMessageMs < remindMs) return { state };
  return {
    state: { ...state, sinceMessageMs: 0 },
    message: { kind: 'reminder', condition, lastedMs },
  };
}

/** Undefined where it is not shown that the condition is over: a mirror is paused, or is behind and does not know by how much. */
function calmAfter(
  { condition, calmMs }: Extract<AlertState, { condition: string }>,
  { condition: state, lagSeconds }: Seen,
  elapsedMs: number,
): number | undefined {
  if (state === 'paused' || (condition === 'behind' && lagSeconds === null)) return undefined;
  return calmMs === undefined ? 0 : calmMs + elapsedMs;
}

function asCalm(calmMs: number | undefined): { readonly calmMs?: number } {
  return calmMs === undefined ? {} : { calmMs };
}
