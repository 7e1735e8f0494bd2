import * as z from '../config/zod.js';
import { change, runningJob } from './schema-events.js';
import { mirrorName, mirrorRow, objectName, timeMs, timeOrNull } from './schema-status.js';
import { askedVerify } from './schema-verify.js';

export const runReport = z
  .object({ startedAtMs: timeMs, seconds: z.number(), scanned: z.number() })
  .catchall(z.number())
  .describe('See "Reports of runs" in docs/json-output.md.');

export const leaseStatus = z
  .object({ held: z.boolean(), renewedAtMs: timeOrNull, fence: z.number() })
  .catchall(z.unknown());

export const watchStatus = z.object({
  engine: z.string(),
  directories: z.number(),
  degraded: z.array(z.object({ under: z.string(), why: z.string() }).catchall(z.unknown())),
  losses: z.number(),
});

export const mirrorAnswer = mirrorRow
  .omit({ lastReconcile: true })
  .extend({
    source: z.string(),
    container: z.string(),
    prefix: z.string(),
    deletes: z.enum(['mirror', 'trash', 'keep']),
    running: z.array(runningJob),
    retrying: z.number(),
    skipped: z.record(z.string(), z.number()).describe('How often, by reason.'),
    excluded: z.object({
      entries: z
        .number()
        .nullable()
        .describe('Entries that rules exclude; null: no scan has finished since the start.'),
    }),
    heldWhy: z.string(),
    heldSinceMs: timeOrNull,
    lease: leaseStatus.nullable(),
    watch: watchStatus.nullable(),
    lastScan: runReport.nullable(),
    lastReconcile: runReport.nullable(),
    totals: z.record(z.string(), z.number()).describe('Since the start of the daemon.'),
    bytesPerSecond: z.number().describe('Stored in the last minute.'),
  })
  .describe('One mirror.');

export const queueAnswer = z
  .object({
    queued: z.number(),
    bytes: z.number(),
    byJob: z.record(z.string(), z.number()),
    next: z.array(objectName).describe('The first names that wait or run.'),
  })
  .describe('What waits for a mirror.');

export const quarantinedAnswer = z
  .object({
    objects: z.array(
      z.object({
        name: objectName,
        class: z.string().describe('See "Failures" in docs/json-output.md.'),
        error: z.string(),
        advice: z.string(),
        attempts: z.number(),
        sinceMs: timeMs,
        nextTryMs: timeOrNull.describe('Null: when a scan finds it due.'),
      }),
    ),
    more: z.boolean(),
  })
  .describe('Objects that failed repeatedly and are tried rarely, by name.');

export const changesAnswer = z
  .object({ changes: z.array(change), more: z.boolean() })
  .describe('The last changes since the daemon started, newest first; up to 200 of each mirror.');

export const requestedAnswer = z.object({ requested: z.literal(true) });
export const retriedAnswer = z.object({
  queued: z.literal(true),
  objects: z.number().describe('That are tried now.'),
});
export const pausedAnswer = z.object({ pausedUntilMs: timeMs });
export const resumedAnswer = z.object({
  resumed: z.boolean().describe('False: it was not paused.'),
});

export const onMirror = z.object({ mirror: mirrorName });
export const retryBody = z.object({ mirror: mirrorName, name: objectName.optional() });
export const pauseBody = z
  .object({
    mirror: mirrorName.optional(),
    target: z.string().optional(),
    untilMs: timeMs,
  })
  .describe('Neither mirror nor target: all mirrors.');
export const resumeBody = pauseBody
  .omit({ untilMs: true })
  .describe('Neither mirror nor target: all that is paused.');

export const heldAnswer = z
  .object({
    id: z.string().describe('Stands for exactly what is held; empty: nothing is held.'),
    sinceMs: timeOrNull,
    why: z.string(),
    deletes: z.number(),
    overwrites: z.number(),
    extraneous: z.number(),
    trigger: z
      .array(z.object({ atMs: timeOrNull.describe('Null: not known any more.'), text: z.string() }))
      .describe('What made the guard hold.'),
    checks: z
      .array(z.object({ ok: z.boolean(), text: z.string() }))
      .describe('What was looked at, so that absence means something.'),
  })
  .describe('What the guard of a mirror holds until a person decides.');

export const heldObjectsAnswer = z
  .object({
    objects: z.array(
      z.object({
        name: objectName,
        change: z.enum(['delete', 'overwrite']),
        bytes: z.number().nullable().describe('Of the object; null: not known.'),
      }),
    ),
    more: z.boolean(),
  })
  .describe('The changes that are held, by name. Extraneous objects are not among them.');

export const decideBody = z.object({ mirror: mirrorName, id: z.string() });
export const decidedAnswer = z.object({ changed: z.number() });

const share = z.number().nullable();

export const verifyAnswer = z
  .object({
    on: z.boolean().describe('Whether the mirror reads its objects back.'),
    withinSeconds: z.number().nullable(),
    share: share.describe('Of the objects, read back within that time, from 0 to 1.'),
    neverVerified: z.number().nullable(),
    oldestProofMs: timeOrNull,
    damaged: z.array(z.object({ name: objectName, problem: z.string(), sinceMs: timeMs })),
    damagedObjects: z.number(),
    unreadable: z.number(),
    neededBytesPerSecond: z.number().nullable().describe('Null: the bandwidth is enough.'),
    asked: askedVerify.nullable().describe('Null: none was asked for since the start.'),
  })
  .describe('How much of a mirror was read back.');

export const trashAnswer = z
  .object({
    on: z.boolean().describe('Whether deleted objects go to the trash.'),
    objects: z.number(),
    bytes: z.number(),
    more: z.boolean().describe('The trash has more than were counted.'),
    newest: z.array(
      z.object({
        name: objectName,
        bytes: z.number(),
        removedAtMs: timeMs,
        untilMs: timeOrNull.describe('Null: until a person purges it.'),
      }),
    ),
  })
  .describe('What a mirror keeps of deleted and overwritten objects.');

export type MirrorAnswer = z.infer<typeof mirrorAnswer>;
export type QueueAnswer = z.infer<typeof queueAnswer>;
export type QuarantinedAnswer = z.infer<typeof quarantinedAnswer>;
export type ChangesAnswer = z.infer<typeof changesAnswer>;
export type HeldAnswer = z.infer<typeof heldAnswer>;
export type HeldObjectsAnswer = z.infer<typeof heldObjectsAnswer>;
export type VerifyAnswer = z.infer<typeof verifyAnswer>;
export type TrashAnswer = z.infer<typeof trashAnswer>;
