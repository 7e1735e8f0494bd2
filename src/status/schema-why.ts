import * as z from '../config/zod.js';
import { mirrorName, objectName, timeOrNull } from './schema-status.js';

export const whyStep = z.object({
  step: z.enum([
    'rule',
    'file',
    'event',
    'decision',
    'attempt',
    'done',
    'skipped',
    'held',
    'quarantined',
    'stored',
    'read-back',
    'next',
  ]),
  atMs: timeOrNull.describe('When; null: now, or not known.'),
  text: z.string(),
  at: z.string().optional().describe('Of a rule: file and line, or the setting.'),
  job: z.string().optional(),
  why: z.string().optional(),
  number: z.number().optional().describe('Of an attempt, from 1.'),
  error: z.string().optional(),
  bytes: z.number().optional(),
  etag: z.string().optional(),
  versionId: z.string().optional(),
});

export const whyAnswer = z
  .object({
    mirror: mirrorName,
    name: objectName,
    steps: z.array(whyStep),
  })
  .describe('What became of an object, and what comes next.');

export type WhyStep = z.infer<typeof whyStep>;
export type WhyAnswer = z.infer<typeof whyAnswer>;
