import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localTime } from '../../src/clock.js';
import { parseTimeSlot, type TimeSlot, valueAt } from '../../src/config/timetable.js';

const MONDAY = 1;
const SATURDAY = 6;
const SUNDAY = 0;

function slot(written: string): TimeSlot {
  const parsed = parseTimeSlot(written);
  if (parsed === undefined) throw new Error(`no time: ${written}`);
  return parsed;
}

/** Whether the slot counts on that day at `HH:MM`. */
function counts(written: string, weekday: number, time: string): boolean {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return valueAt(
    { slots: [{ ...slot(written), value: true }], otherwise: false },
    { weekday, minute: hours * 60 + minutes },
  );
}

describe('a time of the week', () => {
  it.each([
    ['Mon-Fri 08:00-18:00', MONDAY, '08:00', true],
    ['Mon-Fri 08:00-18:00', MONDAY, '07:59', false],
    ['Mon-Fri 08:00-18:00', MONDAY, '17:59', true],
    ['Mon-Fri 08:00-18:00', MONDAY, '18:00', false],
    ['Mon-Fri 08:00-18:00', SATURDAY, '12:00', false],
    ['sat,SUN', SUNDAY, '00:00', true],
    ['sat,SUN', SATURDAY, '23:59', true],
    ['sat,SUN', MONDAY, '00:00', false],
    ['Fri-Mon', MONDAY, '10:00', true],
    ['Fri-Mon', 3, '10:00', false],
    ['8:00 - 9:00', 3, '08:30', true],
    ['22:00-06:00', 3, '05:59', true],
    ['22:00-06:00', 3, '06:00', false],
    ['Sat 22:00-06:00', SUNDAY, '05:00', true],
    ['Sat 22:00-06:00', SATURDAY, '05:00', false],
    ['Sat 22:00-06:00', SUNDAY, '23:00', false],
    ['Mon 18:00-24:00', MONDAY, '23:59', true],
  ])('%s on day %i at %s: %s', (written, weekday, time, expected) =>
    expect(counts(written, weekday, time)).toBe(expected),
  );

  it.each([
    '',
    ' ',
    'Monday',
    'Mon-',
    '-Mon',
    'Mon-Tue-Wed',
    'Mon,',
    'Mon 8-18',
    '08:00',
    '08:60-09:00',
    '24:01-02:00',
    '24:00-02:00',
    '08:00-08:00',
    'Mon08:00-09:00',
    'otherwise',
  ])('"%s" is no time of the week', (written) => expect(parseTimeSlot(written)).toBeUndefined());

  it('any text is a time of the week or a complaint, and none throws', () => {
    fc.assert(
      fc.property(
        fc.string(),
        (written) => parseTimeSlot(written) === undefined || parseTimeSlot(written)!.days.size > 0,
      ),
    );
  });

  it('every minute of the week is in a slot, or in the rest of that day, or of the day after', () => {
    const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
    const text = (at: number) => `${Math.floor(at / 60)}:${String(at % 60).padStart(2, '0')}`;
    fc.assert(
      fc.property(
        minute,
        minute,
        fc.integer({ min: 0, max: 6 }),
        minute,
        (from, to, weekday, at) => {
          fc.pre(from !== to);
          const there = counts(`${text(from)}-${text(to)}`, weekday, text(at));
          const back = counts(`${text(to)}-${text(from)}`, weekday, text(at));
          expect(there).toBe(!back);
        },
      ),
    );
  });
});

it('the first of several slots that fit applies', () => {
  const slots = [
    { ...slot('12:00-13:00'), value: 'lunch' },
    { ...slot('Mon-Fri'), value: 'work' },
  ];
  const at = (weekday: number, hour: number) =>
    valueAt({ slots, otherwise: 'rest' }, { weekday, minute: hour * 60 });
  expect([at(MONDAY, 12), at(MONDAY, 13), at(SUNDAY, 12), at(SUNDAY, 13)]).toEqual([
    'lunch',
    'work',
    'lunch',
    'rest',
  ]);
});

it('the time is that of where the process runs', () => {
  const date = new Date(2026, 10, 27, 13, 5, 59); // a Friday, by the local clock
  expect(localTime(date.getTime())).toEqual({ weekday: 5, minute: 13 * 60 + 5 });
});
