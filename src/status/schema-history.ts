import * as z from '../config/zod.js';
import { timeMs } from './schema-status.js';

export const lagAnswer = z
  .object({
    stepSeconds: z.number(),
    fromMs: timeMs.describe('Begin of the first step.'),
    max: z
      .array(z.number().nullable())
      .describe('Seconds; null: longshore did not run, or the lag was not known.'),
  })
  .describe('The largest lag in each ten minutes of the last 24 hours.');

export const daysAnswer = z
  .object({
    days: z.array(
      z.object({
        day: z.string().describe('As in 2026-10-12, in the zone of the daemon.'),
        worst: z.enum(['within', 'degraded', 'held', 'behind', 'stopped']),
        withinTarget: z
          .number()
          .nullable()
          .describe('Share of the time, from 0 to 1; null: longshore did not run.'),
        worstLagSeconds: z.number().nullable(),
      }),
    ),
  })
  .describe('How the mirror was on each of the last 90 days, from the first that is known.');

export const throughputAnswer = z
  .object({
    stepSeconds: z.number(),
    fromMs: timeMs.describe('Begin of the first step.'),
    bytesPerSecond: z.array(z.number().nullable()).describe('Null: longshore did not run.'),
    throttled: z.array(z.number()).describe('How often the provider asked for less.'),
  })
  .describe('Content to and from a target in each of the last 60 minutes.');

export type LagAnswer = z.infer<typeof lagAnswer>;
export type DaysAnswer = z.infer<typeof daysAnswer>;
export type ThroughputAnswer = z.infer<typeof throughputAnswer>;
