import * as z from '../config/zod.js';

// The answers of the control API, each defined once: the types are inferred from these, docs/api.json is made of them, and a
// test holds the answers of a running daemon to them. Only the types are imported by the program.

export const timeMs = z.number().describe('Milliseconds since 1970.');
export const timeOrNull = timeMs.nullable();

export const mirrorName = z.string().describe('Name of a mirror in the configuration.');
export const objectName = z
  .string()
  .describe("Name of an object, without the mirror's prefix; or a path below the source.");

export const failure = z
  .object({ error: z.string().describe('What is wrong, and what to do.') })
  .describe('Why the request was refused.');

/** From the most urgent. */
export const ATTENTION_KINDS = [
  'held',
  'target-down',
  'source',
  'lease',
  'state',
  'paused',
  'behind',
  'watch',
  'excluded',
  'quarantined',
  'configuration',
  'notification',
] as const;

export const attention = z
  .object({
    kind: z.enum(ATTENTION_KINDS),
    mirror: mirrorName.nullable().describe('Null: it concerns no single mirror.'),
    target: z.string().nullable().describe('Of a target; null: it concerns none.'),
    needsYou: z.boolean().describe('Whether it waits for a person; else it goes on by itself.'),
    text: z.string(),
    sinceMs: timeOrNull.describe('Milliseconds since 1970; null: that is not known.'),
  })
  .describe('Something that is not as it should be.');

export const mirrorRow = z.object({
  mirror: mirrorName,
  target: z.string(),
  state: z.string().describe('See "States" in docs/json-output.md; and `behind`.'),
  why: z.string(),
  sinceMs: timeMs.describe('When the mirror came into this state.'),
  currentToMs: timeOrNull.describe(
    'Every change up to this moment is in the container; null: not known yet.',
  ),
  lagSeconds: z
    .number()
    .nullable()
    .describe('Age of the oldest change that is not in the container; null: not known yet.'),
  lagTargetSeconds: z.number().describe('A larger lag is `behind`.'),
  objects: z.number(),
  bytes: z
    .number()
    .nullable()
    .describe('Of the files that the last whole scan found; null: there was none since the start.'),
  queued: z.number().describe('Objects whose work waits or runs.'),
  queuedBytes: z.number().describe('Of their files, as far as these are known.'),
  emptyAtMs: timeOrNull.describe('When that is done at the present rate; null: not known.'),
  held: z.number(),
  quarantined: z.number(),
  pausedUntilMs: timeOrNull,
  readBackShare: z
    .number()
    .nullable()
    .describe('Share of the objects that was read back in time, from 0 to 1; null: not known.'),
  lastReconcile: z
    .object({ startedAtMs: timeMs, seconds: z.number(), differences: z.number() })
    .nullable(),
});

export const statusAnswer = z
  .object({
    version: z.string(),
    host: z.string(),
    pid: z.number(),
    startedAtMs: timeMs,
    nowMs: timeMs,
    eventId: z.string().describe('The events after this one are not in this answer.'),
    currentToMs: timeOrNull.describe('The oldest of all mirrors; null: not known of one of them.'),
    attention: z.array(attention).describe('What is most urgent comes first.'),
    mirrors: z.array(mirrorRow),
  })
  .describe('How all mirrors are.');

export type Attention = z.infer<typeof attention>;
export type AttentionKind = Attention['kind'];
export type MirrorRow = z.infer<typeof mirrorRow>;
export type StatusAnswer = z.infer<typeof statusAnswer>;
