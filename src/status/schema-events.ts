import * as z from '../config/zod.js';
import {
  attention,
  mirrorName,
  mirrorRow,
  objectName,
  timeMs,
  timeOrNull,
} from './schema-status.js';
import { verifyEvent } from './schema-verify.js';
import { workersAnswer } from './schema-workers.js';

export const runningJob = z.object({
  job: z.string().describe('See "Jobs" in docs/json-output.md.'),
  name: objectName,
  bytes: z.number().describe('Of the file.'),
  seconds: z.number().describe('Since the job began.'),
  objects: z.number().optional().describe('Of a batch: how many objects it has.'),
  sent: z.number().optional().describe('Of a file in parts: bytes that the provider has.'),
  parts: z
    .tuple([z.number(), z.number()])
    .readonly()
    .optional()
    .describe('Of a file in parts: how many the provider has, and how many there are.'),
  bytesPerSecond: z.number().nullable().optional().describe('Null: no part has arrived yet.'),
});

export const change = z
  .object({
    id: z.string(),
    atMs: timeMs,
    job: z.string().describe('See "Jobs" in docs/json-output.md.'),
    outcome: z.enum(['done', 'failed']),
    mirror: mirrorName,
    name: objectName,
    bytes: z.number().describe('That were sent.'),
    seconds: z.number(),
    error: z.string().optional(),
  })
  .describe('What was done to an object, or failed.');

export const targetPause = z.object({ target: z.string(), pausedUntilMs: timeOrNull });
export const mirrorPause = z.object({ mirror: mirrorName, pausedUntilMs: timeOrNull });

/** The data of each event, by its name. Events are patches: to apply one twice changes nothing. */
export const eventData = {
  mirror: mirrorRow
    .partial()
    .required({ mirror: true })
    .describe('Members of the row of a mirror in the status that have changed.'),
  running: z
    .object({ mirror: mirrorName, running: z.array(runningJob) })
    .describe('The work of a mirror that is under way; at most once a second.'),
  change,
  'changes-skipped': z
    .object({ mirror: mirrorName, changes: z.number() })
    .describe('More changes in one second than have events; GET /changes has the last of them.'),
  target: z
    .object({ target: z.string() })
    .catchall(z.unknown())
    .describe('A target as in GET /targets.'),
  workers: workersAnswer.describe('As GET /workers.'),
  held: z
    .object({ mirror: mirrorName, holding: z.boolean(), why: z.string() })
    .describe('The guard of a mirror begins to hold changes, or holds none any more.'),
  attention: z.object({ attention: z.array(attention) }).describe('The whole list of the status.'),
  verify: verifyEvent,
  config: z
    .object({ file: z.string() })
    .catchall(z.unknown())
    .describe('The configuration has changed.'),
  pause: z
    .union([mirrorPause, targetPause])
    .describe('A pause begins, is changed, or ends (null).'),
  reset: z
    .object({ eventId: z.string() })
    .describe('Events are missing: fetch the status again. The stream goes on after this id.'),
} as const;

export type ApiEventName = keyof typeof eventData;
export type RunningJob = z.infer<typeof runningJob>;
export type Change = z.infer<typeof change>;
