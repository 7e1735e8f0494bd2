import * as z from '../config/zod.js';
import { change, runningJob } from './schema-events.js';
import { mirrorName, mirrorRow, objectName, timeMs, timeOrNull } from './schema-status.js';

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
        .describe(
          'Entries that rules exclude, a folder with all that is in it as one; null: no scan has finished since the start.',
        ),
      objects: z
        .number()
        .nullable()
        .describe('Objects that stay because their files are excluded; null: as above.'),
      more: z
        .number()
        .nullable()
        .describe(
          'So many more than within the last day, where that is more than a tenth of the mirror; null: it is not.',
        ),
      rules: z
        .array(
          z.object({
            rule: z.string().describe('The pattern as written; empty: there is none.'),
            kind: z
              .enum(['pattern', 'include', 'own'])
              .describe(
                'include: no pattern of `include` selects them. own: they are longshore’s.',
              ),
            at: z
              .string()
              .nullable()
              .describe('File and line of the pattern, or its setting; null: there is none.'),
            entries: z.number(),
          }),
        )
        .describe('Up to 100, those that exclude the most first.'),
    }),
    unfinishedUploads: z
      .number()
      .describe('In parts, begun and neither completed nor aborted: their parts are billed.'),
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
    folders: z
      .array(
        z.object({
          name: z.string().describe('Ends in `/`.'),
          held: z.number().describe('Changes below it.'),
          of: z.number().describe('Objects below it.'),
          bytes: z.number().describe('Of the objects whose changes are held.'),
        }),
      )
      .describe(
        'Folders in which something is held, by name: up to 1,000, without the deepest where there are more. Empty with `after`.',
      ),
    more: z.boolean(),
  })
  .describe('The changes that are held. Extraneous objects are not among them.');

export const decideBody = z.object({ mirror: mirrorName, id: z.string() });
export const decidedAnswer = z.object({ changed: z.number() });

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
        why: z
          .enum(['deleted', 'overwritten', 'damaged'])
          .nullable()
          .describe(
            'What became of it. damaged: it was not what had been sent, and was replaced. Null: an older version put it there.',
          ),
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
export type TrashAnswer = z.infer<typeof trashAnswer>;
