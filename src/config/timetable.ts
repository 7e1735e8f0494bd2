/** Values by the time of the week. */
export interface Timetable<T> {
  /** The first that fits counts. */
  readonly slots: readonly (TimeSlot & { readonly value: T })[];
  readonly otherwise: T;
}

/** Some hours of some days; past midnight when it ends before it begins, and then on the day after. */
export interface TimeSlot {
  /** From 0, Sunday. */
  readonly days: ReadonlySet<number>;
  /** Minutes since midnight; `from` is in it, `to` is not. */
  readonly from: number;
  readonly to: number;
}

/** A moment as a clock on the wall and a calendar show it. */
export interface LocalTime {
  /** From 0, Sunday. */
  readonly weekday: number;
  /** Since midnight. */
  readonly minute: number;
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY_MINUTES = 24 * 60;

/** `Mon-Fri 08:00-18:00`, `Sat,Sun`, `22:00-06:00`; undefined when it is none of that. */
export function parseTimeSlot(written: string): TimeSlot | undefined {
  const match = /^(?:([a-z,-]+))?(?:(?:^|\s+)(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d))?$/i.exec(
    written.trim(),
  );
  if (match === null || written.trim() === '') return undefined;
  const [, days, from = '00:00', to = '24:00'] = match;
  const slot = { days: daysOf(days ?? 'mon-sun'), from: minuteOf(from), to: minuteOf(to) };
  if (slot.days === undefined || slot.from === undefined || slot.to === undefined) return undefined;
  if (slot.from === slot.to || slot.from === DAY_MINUTES) return undefined;
  return { days: slot.days, from: slot.from, to: slot.to };
}

export function valueAt<T>({ slots, otherwise }: Timetable<T>, time: LocalTime): T {
  const slot = slots.find((each) => isIn(each, time));
  return slot === undefined ? otherwise : slot.value;
}

function isIn({ days, from, to }: TimeSlot, { weekday, minute }: LocalTime): boolean {
  if (from < to) return days.has(weekday) && minute >= from && minute < to;
  return (days.has(weekday) && minute >= from) || (days.has((weekday + 6) % 7) && minute < to);
}

function daysOf(written: string): ReadonlySet<number> | undefined {
  const days = new Set<number>();
  for (const part of written.toLowerCase().split(',')) {
    const [first, last, ...more] = part.split('-').map((day) => DAYS.indexOf(day));
    if (first === undefined || first < 0 || last === -1 || more.length > 0) return undefined;
    const length = last === undefined ? 0 : (last - first + 7) % 7;
    for (let step = 0; step <= length; step += 1) days.add((first + step) % 7);
  }
  return days;
}

function minuteOf(written: string): number | undefined {
  const [hours = 0, minutes = 0] = written.split(':').map(Number);
  const minute = hours * 60 + minutes;
  return minutes < 60 && minute <= DAY_MINUTES ? minute : undefined;
}
