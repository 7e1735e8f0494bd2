import type { TargetCallsAnswer } from '../status/schema-targets.js';

/** Numbers by the name of a class. */
export type Counts = Readonly<Record<string, number>>;

/** What is counted of the calls to a target in some time. */
export interface CallCounts {
  /** By class of request. */
  readonly requests: Counts;
  /** By class of error. */
  readonly errors: Counts;
  /** Content. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** The calls to a target in one month of the calendar, and its errors of the last day. */
export interface CallsRing extends Omit<CallCounts, 'errors'> {
  /** As in `2026-10`, in the zone of the daemon; empty: nothing was counted yet. */
  readonly month: string;
  /** Errors by the hour, the last hour last; hours without any are missing. */
  readonly hours: readonly { readonly hour: number; readonly errors: Counts }[];
}

const HOUR_MS = 3_600_000;
export const HOURS = 24;
/** Classes that are counted by name; further ones are counted as `other`. */
export const MOST_CLASSES = 40;

export const EMPTY_CALLS: CallsRing = {
  month: '',
  requests: {},
  sentBytes: 0,
  receivedBytes: 0,
  hours: [],
};

/**
 * The ring with what was counted up to a moment. `month` is that of the moment. A clock that was set back adds to the last month
 * and hour, so that the ring never goes back in time. Pure.
 */
export function withCalls(
  ring: CallsRing,
  atMs: number,
  month: string,
  { requests, errors, sentBytes, receivedBytes }: CallCounts,
): CallsRing {
  const before = month > ring.month ? { ...EMPTY_CALLS, hours: ring.hours } : ring;
  return {
    month: month > ring.month ? month : ring.month,
    requests: sumOf(before.requests, requests),
    sentBytes: before.sentBytes + sentBytes,
    receivedBytes: before.receivedBytes + receivedBytes,
    hours: withErrors(ring.hours, Math.floor(atMs / HOUR_MS), errors),
  };
}

function withErrors(hours: CallsRing['hours'], now: number, errors: Counts): CallsRing['hours'] {
  const last = hours.at(-1);
  const hour = Math.max(now, last?.hour ?? now);
  const kept = hours.filter((each) => each.hour > hour - HOURS && each.hour < hour);
  const own = sumOf(last?.hour === hour ? last.errors : {}, errors);
  return Object.keys(own).length === 0 ? kept : [...kept, { hour, errors: own }];
}

/** Each class of both. */
export function sumOf(a: Counts, b: Counts): Counts {
  const sum = new Map(Object.entries(a));
  for (const [name, amount] of Object.entries(b)) {
    const key = sum.has(name) || sum.size < MOST_CLASSES ? name : 'other';
    sum.set(key, (sum.get(key) ?? 0) + amount);
  }
  return Object.fromEntries(sum);
}

/** What the ring says at a moment of a month. Pure. */
export function shownCalls(ring: CallsRing, nowMs: number, month: string): TargetCallsAnswer {
  const hour = Math.floor(nowMs / HOUR_MS);
  const isNow = ring.month >= month;
  const errors = ring.hours
    .filter((each) => each.hour > hour - HOURS)
    .reduce((sum, each) => sumOf(sum, each.errors), {} as Counts);
  return {
    errors24h: { ...errors },
    month: {
      month: isNow ? ring.month : month,
      requests: isNow ? { ...ring.requests } : {},
      sentBytes: isNow ? ring.sentBytes : 0,
      receivedBytes: isNow ? ring.receivedBytes : 0,
    },
  };
}
