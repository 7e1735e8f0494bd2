import * as z from '../config/zod.js';
import { mirrorName, timeMs } from './schema-status.js';

export const workerRow = z.object({
  id: z.string().describe('Host and process id, or as the worker calls itself.'),
  host: z.string(),
  version: z.string().describe('Of longshore.'),
  protocol: z.number().describe('Of the queue; workers of another one get no jobs.'),
  mirrors: z.array(mirrorName).readonly().describe('Whose jobs it takes.'),
  jobs: z.number().describe('That it works on at once.'),
  objects: z.number().describe('Confirmed since it started.'),
  bytes: z.number().describe('Of these.'),
  objectsPerSecond: z.number(),
  lastSignAtMs: timeMs.describe('When it was last heard of.'),
  refusals: z
    .array(z.object({ mirror: mirrorName, why: z.string() }))
    .readonly()
    .describe('Mirrors whose jobs it returns, and why.'),
});

export const queueStatus = z
  .object({
    up: z.boolean().describe('False: no job is given out, and the daemon does the work alone.'),
    why: z.string().optional().describe('Why it is not up.'),
    jobs: z.object({
      waiting: z.number(),
      active: z.number(),
      done: z.number().describe('Answered since the start.'),
    }),
    oldestMs: z
      .number()
      .describe('Age of the oldest job that waits or is active; 0: there is none.'),
    workers: z.array(workerRow).readonly(),
    otherProtocols: z
      .array(z.number())
      .readonly()
      .optional()
      .describe('Of workers that get no jobs, as none speaks the protocol of this daemon.'),
    changedHands: z
      .number()
      .describe(
        'Jobs since the start that two workers may have begun. Their objects are looked at twice.',
      ),
    fenced: z
      .number()
      .describe(
        'Jobs since the start that a worker returned as it could not be sure of its right any more.',
      ),
    redone: z
      .number()
      .describe('Jobs since the start that were given out again, or done by the daemon.'),
    refusedAnswers: z
      .number()
      .describe('Answers of workers since the start that are not believed, or not all of them.'),
    conflicts: z
      .number()
      .describe(
        'Files since the start that workers did not send, as the provider has another object than the daemon believes.',
      ),
  })
  .describe('The queue through which workers on other machines get jobs.');

export const workersAnswer = z
  .object({ queue: queueStatus.nullable().describe('Null: the configuration has no queue.') })
  .describe('The queue and its workers.');

export type WorkerRow = z.infer<typeof workerRow>;
export type QueueStatus = Readonly<z.infer<typeof queueStatus>>;
export type WorkersAnswer = z.infer<typeof workersAnswer>;
