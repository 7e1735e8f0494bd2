import { dayInUtc, dayOf, isMoment } from '../calendar-day.js';

// Times as the page writes them: 24 hours, in the zone of the daemon, with the day when it is not today.

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', { ...options, hourCycle: 'h23', timeZone: zone });
  formats.set(key, made);
  return made;
}

const SECONDS = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
const MINUTES = { hour: '2-digit', minute: '2-digit' } as const;
const DAY_MS = 86_400_000;

/** `14:02:33`. */
export function secondOf(ms: number, zone: string): string {
  return isMoment(ms) ? format(zone, SECONDS).format(ms) : '–';
}

/** `14:02`. */
export function minuteOf(ms: number, zone: string): string {
  return isMoment(ms) ? format(zone, MINUTES).format(ms) : '–';
}

/** `14:02:33` of today, `Mon 22:07` of the last six days, `13 Oct 22:07` of this year, else with the year. */
export function momentOf(ms: number, nowMs: number, zone: string): string {
  if (!isMoment(ms) || !isMoment(nowMs)) return '–';
  if (dayOf(ms, zone) === dayOf(nowMs, zone)) return secondOf(ms, zone);
  if (ms < nowMs && nowMs - ms < 6 * DAY_MS)
    return `${format(zone, { weekday: 'short' }).format(ms)} ${minuteOf(ms, zone)}`;
  const sameYear = dayOf(ms, zone).slice(0, 4) === dayOf(nowMs, zone).slice(0, 4);
  const day = sameYear
    ? format(zone, { day: 'numeric', month: 'short' }).format(ms)
    : format(zone, { day: 'numeric', month: 'short', year: 'numeric' }).format(ms);
  return `${day} ${minuteOf(ms, zone)}`;
}

/** `Tue 13 Oct` of `2026-10-13`; text that names no day unchanged. */
export function dayName(day: string): string {
  const ms = dayInUtc(day);
  return ms === undefined
    ? day
    : format('UTC', { weekday: 'short', day: 'numeric', month: 'short' })
        .format(ms)
        .replace(',', '');
}
