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

export type AskedVerifyRow = z.infer<typeof askedVerify>;
