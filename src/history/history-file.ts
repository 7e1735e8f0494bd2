import { dayInUtc } from '../calendar-day.js';
import { StateDamagedError, StateNewerError } from '../state/errors.js';
import { sealJson, unsealJson } from '../state/sealed-json.js';
import { type CallsRing, type Counts, EMPTY_CALLS, HOURS, MOST_CLASSES } from './calls-ring.js';
import { DAYS, type DayRecord, WORST, type Worst } from './day-ring.js';
import { type LagRing, STEPS } from './lag-ring.js';
import { EMPTY_THROUGHPUT, MINUTES, type ThroughputRing } from './throughput-ring.js';

/** What the status page's curves are drawn from. */
export interface Recorded {
  readonly mirrors: ReadonlyMap<string, MirrorRings>;
  readonly targets: ReadonlyMap<string, TargetRings>;
}

export interface MirrorRings {
  readonly lags: LagRing;
  readonly days: readonly DayRecord[];
}

export interface TargetRings {
  readonly throughput: ThroughputRing;
  readonly calls: CallsRing;
}

export const EMPTY_TARGET: TargetRings = { throughput: EMPTY_THROUGHPUT, calls: EMPTY_CALLS };

const VERSION = 1;

/** Far more than a configuration has; a file with more is none of ours. */
const MOST_NAMES = 10_000;

/** Readable, and short: each series is one text, with `-` for what is not known. */
export function historyText({ mirrors, targets }: Recorded): string {
  return sealJson({
    version: VERSION,
    mirrors: [...mirrors].map(([name, { lags, days }]) => ({
      name,
      lastStep: lags.lastStep,
      lags: seriesText(lags.max),
      days: days.map(({ day, worst, seconds, secondsWithin, worstLagSeconds }) =>
        [day, worst, Math.round(seconds), Math.round(secondsWithin), worstLagSeconds].join(' '),
      ),
    })),
    targets: [...targets].map(
      ([
        name,
        {
          throughput: { lastMinute, bytes, throttled },
          calls,
        },
      ]) => ({
        name,
        lastMinute,
        bytes: seriesText(bytes),
        throttled: seriesText(throttled),
        calls,
      }),
    ),
  });
}

function seriesText(values: readonly (number | null)[]): string {
  return values.map((value) => value ?? '-').join(' ');
}

/** @throws StateDamagedError for what was not written by `historyText`; StateNewerError */
export function parseHistory(text: string, file: string): Recorded {
  const damaged = (what: string) => new StateDamagedError(file, `has ${what}`);
  const { version, mirrors, targets } = unsealJson(text, file) as Record<string, unknown>;
  if (typeof version === 'number' && version > VERSION)
    throw new StateNewerError(file, version, VERSION);
  if (version !== VERSION) throw damaged('no version');
  return {
    mirrors: named(mirrors, damaged, (one) => ({
      lags: { lastStep: whole(one['lastStep'], damaged), max: series(one['lags'], STEPS, damaged) },
      days: daysIn(one['days'], damaged),
    })),
    targets: named(targets, damaged, (one) => ({
      throughput: {
        lastMinute: whole(one['lastMinute'], damaged),
        bytes: series(one['bytes'], MINUTES, damaged),
        throttled: series(one['throttled'], MINUTES, damaged).map((times) => times ?? 0),
      },
      // A file of an older version has none.
      calls: one['calls'] === undefined ? EMPTY_CALLS : callsIn(one['calls'], damaged),
    })),
  };
}

type Damaged = (what: string) => StateDamagedError;

function named<T>(
  list: unknown,
  damaged: Damaged,
  read: (one: Readonly<Record<string, unknown>>) => T,
): ReadonlyMap<string, T> {
  if (!Array.isArray(list) || list.length > MOST_NAMES) throw damaged('no list of names');
  const found = new Map<string, T>();
  for (const one of list as readonly unknown[]) {
    const entry = record(one, damaged);
    const { name } = entry;
    if (typeof name !== 'string') throw damaged('an entry without a name');
    found.set(name, read(entry));
  }
  return found;
}

function whole(value: unknown, damaged: Damaged): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw damaged('a time that is no whole number');
}

function series(value: unknown, most: number, damaged: Damaged): readonly (number | null)[] {
  if (typeof value !== 'string') throw damaged('a series that is no text');
  const items = value === '' ? [] : value.split(' ');
  if (items.length > most) throw damaged('a series that is too long');
  return items.map((item) => (item === '-' ? null : amount(item, damaged)));
}

function callsIn(value: unknown, damaged: Damaged): CallsRing {
  const { month, requests, sentBytes, receivedBytes, hours } = record(value, damaged);
  if (typeof month !== 'string' || !/^(\d{4}-\d\d)?$/.test(month))
    throw damaged('a month that is none');
  if (!Array.isArray(hours) || hours.length > HOURS) throw damaged('no list of hours');
  return {
    month,
    requests: countsIn(requests, damaged),
    sentBytes: whole(sentBytes, damaged),
    receivedBytes: whole(receivedBytes, damaged),
    hours: (hours as readonly unknown[]).map((each) => {
      const { hour, errors } = record(each, damaged);
      return { hour: whole(hour, damaged), errors: countsIn(errors, damaged) };
    }),
  };
}

/** One more than are counted by name: `other`. */
function countsIn(value: unknown, damaged: Damaged): Counts {
  const counts = Object.entries(record(value, damaged));
  if (counts.length > MOST_CLASSES + 1) throw damaged('too many classes');
  return Object.fromEntries(counts.map(([name, times]) => [name, whole(times, damaged)]));
}

function record(value: unknown, damaged: Damaged): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged('an entry that is no object');
  return value as Readonly<Record<string, unknown>>;
}

function amount(text: string | undefined, damaged: Damaged): number {
  const value = /^\d{1,16}(\.\d{1,6})?$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw damaged('an amount that is no number');
  return value;
}

function daysIn(list: unknown, damaged: Damaged): readonly DayRecord[] {
  if (!Array.isArray(list) || list.length > DAYS) throw damaged('no list of days');
  const days = (list as readonly unknown[]).map((line) => dayIn(line, damaged));
  if (days.some(({ day }, at) => at > 0 && day <= (days[at - 1]?.day ?? '')))
    throw damaged('days that are not in order');
  return days;
}

function dayIn(line: unknown, damaged: Damaged): DayRecord {
  const [day = '', worst = '', ...amounts] = typeof line === 'string' ? line.split(' ') : [];
  if (dayInUtc(day) === undefined || !(WORST as readonly string[]).includes(worst))
    throw damaged('a day that is none');
  const [seconds, secondsWithin, worstLagSeconds] = [0, 1, 2].map((at) =>
    amount(amounts[at], damaged),
  ) as [number, number, number];
  return { day, worst: worst as Worst, seconds, secondsWithin, worstLagSeconds };
}
