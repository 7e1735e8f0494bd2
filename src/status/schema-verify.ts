import * as z from '../config/zod.js';
import { mirrorName, objectName, timeMs, timeOrNull } from './schema-status.js';

export const askedVerify = z
  .object({
    state: z.enum(['running', 'finished', 'stopped', 'failed']),
    share: z.union([z.object({ part: z.number() }), z.object({ bytes: z.number() })]),
    startedAtMs: timeMs,
    endedAtMs: timeOrNull,
    objectsToRead: z.number().nullable().describe('Null: so many bytes were asked for.'),
    bytesToRead: z.number().nullable().describe('Null: a share of the objects was asked for.'),
    objects: z.number().describe('That were read.'),
    bytes: z.number().describe('Of these.'),
    proven: z.number(),
    unreadable: z.number(),
    unverified: z.number().describe('Nothing says what their bytes should be.'),
    skipped: z.number().describe('A job was at work on them.'),
    wrongObjects: z.number().describe('Missing, damaged, or of other content than was sent.'),
    wrong: z
      .array(z.object({ name: objectName, problem: z.string() }))
      .describe('The first of them.'),
    error: z.string().nullable(),
  })
  .describe('A reading that a person has asked for.');

export const verifyAnswer = z
  .object({
    on: z.boolean().describe('Whether the mirror reads its objects back.'),
    withinSeconds: z.number().nullable(),
    verifiedShare: z
      .number()
      .nullable()
      .describe('Of the objects, read back within that time, from 0 to 1; null: not known.'),
    share: z
      .object({ '7d': z.number(), '30d': z.number(), older: z.number(), never: z.number() })
      .nullable()
      .describe(
        'Of the bytes, from 0 to 1: read back within 7 days, within 8 to 30 days, before, and never; null: not known, or there are none.',
      ),
    oldest: z
      .object({ name: objectName, sentAtMs: timeMs })
      .nullable()
      .describe(
        'Of the objects that were never read back the one that was sent first; null: none, or not known.',
      ),
    budget: z
      .object({
        bytesPerSecond: z.number().nullable().describe('Null: no limit.'),
        readTodayBytes: z.number().describe('By the daemon itself, on this day of its zone.'),
      })
      .nullable()
      .describe('Null: the mirror does not read back by itself.'),
    runs: z
      .array(
        z.object({
          kind: z.enum(['read-back', 'reconcile']),
          asked: z
            .boolean()
            .describe('A person asked for it; else a read-back is what was read on one day.'),
          startedAtMs: timeMs,
          seconds: z.number(),
          objects: z.number(),
          bytes: z.number(),
          differences: z.number(),
        }),
      )
      .describe('The latest first, up to 60; kept over restarts.'),
    neverVerified: z.number().nullable(),
    oldestProofMs: timeOrNull,
    damaged: z.array(z.object({ name: objectName, problem: z.string(), sinceMs: timeMs })),
    damagedObjects: z.number(),
    unreadable: z.number(),
    neededBytesPerSecond: z.number().nullable().describe('Null: the bandwidth is enough.'),
    asked: askedVerify.nullable().describe('Null: none was asked for since the start.'),
  })
  .describe('How much of a mirror was read back.');

export const verifyBody = z.object({
  readBack: z
    .string()
    .optional()
    .describe('A share such as `5%` (the default), a size such as `10GiB`, or `all`.'),
});

export const verifyBegunAnswer = z.object({ requested: z.literal(true) });
export const verifyStoppedAnswer = z.object({
  stopped: z.boolean().describe('False: none was under way.'),
});
export const verifyEvent = z
  .object({ mirror: mirrorName, asked: askedVerify })
  .describe('How far a reading is that a person has asked for; at most once a second.');

export type VerifyAnswer = z.infer<typeof verifyAnswer>;

export type AskedVerifyRow = z.infer<typeof askedVerify>;
