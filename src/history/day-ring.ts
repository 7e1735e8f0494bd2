import { daysBetween } from '../calendar-day.js';
import type { DaysAnswer } from '../status/schema-history.js';

/** What a mirror was like on one day, from samples at equal intervals. */
export interface DayRecord {
  /** As in `2026-10-12`, in the zone of the daemon. */
  readonly day: string;
  readonly worst: Worst;
  /** Seconds for which longshore ran and knew its lag. */
  readonly seconds: number;
  /** Those of them within the target. */
  readonly secondsWithin: number;
  readonly worstLagSeconds: number;
}

/** From good to bad. */
export const WORST = ['within', 'degraded', 'held', 'behind'] as const;
export type Worst = (typeof WORST)[number];

/** Days that are kept. */
export const DAYS = 90;

export interface DaySample {
  readonly day: string;
  readonly condition: Worst;
  readonly lagSeconds: number;
  readonly isWithin: boolean;
  /** That the sample stands for. */
  readonly seconds: number;
}

/** The days, oldest first, with a sample. A day before the last one (the clock was set back) counts as the last one. */
export function withSample(days: readonly DayRecord[], sample: DaySample): readonly DayRecord[] {
  const last = days.at(-1);
  if (last === undefined || last.day < sample.day)
    return [...days, added(emptyDay(sample.day), sample)].slice(-DAYS);
  return [...days.slice(0, -1), added(last, sample)];
}

function emptyDay(day: string): DayRecord {
  return { day, worst: 'within', seconds: 0, secondsWithin: 0, worstLagSeconds: 0 };
}

function added(
  record: DayRecord,
  { condition, lagSeconds, isWithin, seconds }: DaySample,
): DayRecord {
  return {
    day: record.day,
    worst: worseOf(record.worst, condition),
    seconds: record.seconds + seconds,
    secondsWithin: record.secondsWithin + (isWithin ? seconds : 0),
    worstLagSeconds: Math.max(record.worstLagSeconds, Math.floor(lagSeconds)),
  };
}

function worseOf(a: Worst, b: Worst): Worst {
  return WORST.indexOf(a) >= WORST.indexOf(b) ? a : b;
}

/** A day as the API has it. */
export type ShownDay = DaysAnswer['days'][number];

/** The days up to `today`, from the first that is known; those on which longshore did not run are `stopped`. */
export function shownDays(days: readonly DayRecord[], today: string): readonly ShownDay[] {
  const shown: ShownDay[] = [];
  for (const record of days) {
    shown.push(...stoppedBetween(shown.at(-1), record.day));
    shown.push(shownDay(record));
  }
  const last = shown.at(-1);
  // Of today nothing is known yet: that is no stop.
  return [...shown, ...stoppedBetween(last, today)].slice(-DAYS);
}

function stoppedBetween(before: ShownDay | undefined, to: string): readonly ShownDay[] {
  return before === undefined ? [] : daysBetween(before.day, to, DAYS).slice(0, -1).map(stopped);
}

function shownDay({ day, worst, seconds, secondsWithin, worstLagSeconds }: DayRecord): ShownDay {
  if (seconds <= 0) return stopped(day);
  return { day, worst, withinTarget: Math.min(1, secondsWithin / seconds), worstLagSeconds };
}

function stopped(day: string): ShownDay {
  return { day, worst: 'stopped', withinTarget: null, worstLagSeconds: null };
}
