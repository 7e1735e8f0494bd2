import * as z from '../config/zod.js';
import { timeMs } from './schema-status.js';

export const processAnswer = z
  .object({
    version: z.string(),
    node: z.string().describe('Version of Node.js.'),
    platform: z.string().describe('Operating system, its version, and architecture.'),
    pid: z.number(),
    startedAtMs: timeMs,
    uptimeSeconds: z.number(),
    memoryBytes: z.number().describe('Resident: mapped pages of the indexes are part of it.'),
    heapBytes: z.number().describe('Of the JavaScript heap of the main thread that is in use.'),
    cpuSeconds: z.number().describe('Of all threads, since the start.'),
    cpuShare: z.number().describe('Of one core, in the last minute; more with several threads.'),
    eventLoopLagSeconds: z
      .object({ p50: z.number(), p99: z.number(), max: z.number() })
      .describe('How late the main thread was in the last whole minute.'),
    openFiles: z.number().nullable().describe('Open descriptors; null: not known here.'),
    openFilesLimit: z.number().nullable().describe('Null: none, or not known here.'),
  })
  .describe('The process of the daemon.');

export type ProcessAnswer = z.infer<typeof processAnswer>;
