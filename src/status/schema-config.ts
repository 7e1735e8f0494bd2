import * as z from '../config/zod.js';
import { timeMs } from './schema-status.js';

export const configAnswer = z
  .object({
    file: z.string(),
    loadedAtMs: timeMs,
    settings: z.array(
      z.object({
        setting: z.string().describe('As in `mirrors.documents.settle`.'),
        value: z
          .string()
          .describe('As a person would write it; of a secret where it is kept, or `[secret]`.'),
        at: z.string().nullable().describe('File and line; null: the file does not say it.'),
        isDefault: z.boolean(),
      }),
    ),
  })
  .describe('The settings in force, without secrets.');

export type ConfigAnswer = z.infer<typeof configAnswer>;
