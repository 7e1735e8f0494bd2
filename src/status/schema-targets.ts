import * as z from '../config/zod.js';
import { timeOrNull } from './schema-status.js';

const byClass = z.record(z.string(), z.number());

/** What is known of the calls to a target for longer than since the start. */
const targetCalls = {
  errors24h: byClass.describe('By class, in the last 24 hours.'),
  month: z
    .object({
      month: z.string().describe('As in 2026-10, in the zone of the daemon.'),
      requests: byClass.describe(
        'By class, about as providers bill them; each attempt by itself. See longshore_request_duration_seconds in docs/metrics.md.',
      ),
      sentBytes: z.number().describe('Content.'),
      receivedBytes: z.number().describe('Content, which most providers bill.'),
    })
    .describe('What drives the costs in the present month, counted over restarts.'),
};

const targetCallsAnswer = z.object(targetCalls);

export const targetRow = z.object({
  target: z.string(),
  state: z.enum(['up', 'down', 'paused']),
  why: z.string(),
  pausedUntilMs: timeOrNull,
  mirrors: z.array(z.string()),
  bytesPerSecond: z.number().describe('Content of the last minute, both ways.'),
  requestsPerSecond: z.number().describe('Of the last minute, each attempt by itself.'),
  failedPerMinute: z.number(),
  throttledPerMinute: z.number(),
  atOnce: z.object({ now: z.number(), most: z.number() }).describe('Requests under way at once.'),
  latencySeconds: z
    .object({ p50: z.number(), p99: z.number() })
    .nullable()
    .describe('Of the last requests; null: there were none.'),
  errors24h: targetCalls.errors24h,
  month: targetCalls.month.nullable().describe('Null: the history cannot be kept.'),
  throughput: z
    .array(z.number())
    .describe('Bytes in each of the last 60 minutes, the present one last.'),
});

export const targetsAnswer = z
  .object({ targets: z.array(targetRow) })
  .describe('The targets that mirrors name.');

export const probedAnswer = z
  .object({ up: z.boolean(), seconds: z.number(), error: z.string().optional() })
  .describe('One small request to the target, now.');

export type TargetCallsAnswer = z.infer<typeof targetCallsAnswer>;
export type TargetRow = z.infer<typeof targetRow>;
export type TargetsAnswer = z.infer<typeof targetsAnswer>;
