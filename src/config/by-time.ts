import { parseTimeSlot, type Timetable } from './timetable.js';
import { expected, show } from './wording.js';
import * as z from './zod.js';

/** A value that always holds, or a section of times of the week, each with its value. Read as a Timetable. */
export function byTime<S extends z.ZodType>(
  description: string,
  what: string,
  thing: S,
  otherwise: z.output<S>,
) {
  const always = thing.transform(
    (value): Timetable<z.output<S>> => ({ slots: [], otherwise: value }),
  );
  const times = z
    .record(z.string(), thing)
    .transform((written, context): Timetable<z.output<S>> => {
      const { otherwise: rest = otherwise, ...timed } = written;
      const slots = Object.entries(timed).flatMap(([time, value]) => {
        const slot = parseTimeSlot(time);
        if (slot === undefined)
          context.addIssue({
            code: 'custom',
            path: [time],
            message: `expected ${TIMES}, got ${show(time)}`,
          });
        return slot === undefined ? [] : [{ ...slot, value }];
      });
      return { slots, otherwise: rest };
    });
  const error = ({ input }: { readonly input?: unknown }) =>
    typeof input === 'object' && input !== null && !Array.isArray(input)
      ? ''
      : expected(`${what}, or a section of times`, input);
  return z
    .union([always, times], { error })
    .meta({ description, $comment: `${what}, or a section of times` });
}

const TIMES =
  'times of the week such as "Mon-Fri 08:00-18:00", "Sat,Sun" or "22:00-06:00", or "otherwise"';
