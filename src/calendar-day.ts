const formats = new Map<string, Intl.DateTimeFormat>();
const DAY_MS = 86_400_000;
/** The last time value of ECMAScript. */
const LAST_MS = 8.64e15;

/** `2026-10-13`, the day of a moment in a zone (an IANA name). Names of days are ordered as text. */
export function dayOf(ms: number, zone: string): string {
  if (!isMoment(ms)) return '–';
  const parts = new Map(
    formatIn(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
}

/** The zone of this process, as an IANA name. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Whether it can be a time at all: a value from a file or an answer may be any number. */
export function isMoment(ms: number): boolean {
  return Number.isFinite(ms) && Math.abs(ms) <= LAST_MS;
}

/** The begin of a day in UTC, in milliseconds since the epoch; undefined for text that names no day. */
export function dayInUtc(day: string): number | undefined {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  if (year === undefined) return undefined;
  const ms = daysSinceEpoch(Number(year), Number(month), Number(date)) * DAY_MS;
  return dayOf(ms, 'UTC') === day ? ms : undefined;
}

/** The names of the days after one and up to another, at most so many of them, the last ones. */
export function daysBetween(after: string, to: string, most: number): readonly string[] {
  const [first, last] = [dayInUtc(after), dayInUtc(to)];
  if (first === undefined || last === undefined || last <= first) return [];
  const days: string[] = [];
  for (let ms = last; ms > first && days.length < most; ms -= DAY_MS) days.push(dayOf(ms, 'UTC'));
  return days.reverse();
}

/** Of the Gregorian calendar, from 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
function daysSinceEpoch(year: number, month: number, date: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + date - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function formatIn(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const options = { year: 'numeric', month: '2-digit', day: '2-digit', timeZone: zone } as const;
  const made = new Intl.DateTimeFormat('en-GB', options);
  formats.set(zone, made);
  return made;
}
