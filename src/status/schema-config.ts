import * as z from '../config/zod.js';
import { timeMs, timeOrNull } from './schema-status.js';

const settingName = z.string().describe('As in `mirrors.documents.settle`.');
const settingValue = z
  .string()
  .describe('As a person would write it; of a secret where it is kept, or `[secret]`.');

export const configAnswer = z
  .object({
    file: z.string(),
    loadedAtMs: timeMs,
    settings: z.array(
      z.object({
        setting: settingName,
        value: settingValue,
        at: z.string().nullable().describe('File and line; null: the file does not say it.'),
        isDefault: z.boolean(),
      }),
    ),
    valid: z.boolean().describe('Whether the file on disk could be loaded now.'),
    complaints: z.array(z.string()).describe('What is wrong with it, as `longshore check` says.'),
    digest: z
      .string()
      .nullable()
      .describe(
        'Stands for the text of the file on disk; null: it is not valid, or there is no file.',
      ),
    differs: z
      .array(
        z.object({
          setting: settingName,
          at: z.string().nullable().describe('File and line on disk; null: it is not said there.'),
          loaded: settingValue.nullable().describe('Null: not set.'),
          disk: settingValue.nullable().describe('Null: not set any more.'),
        }),
      )
      .describe('Settings that the file on disk has with another value; up to 500.'),
    differsSinceMs: timeOrNull.describe(
      'When the file was written that is not the one that is loaded; null: it is that one.',
    ),
  })
  .describe('The settings in force, without secrets, and what the file on disk says.');

export type ConfigAnswer = z.infer<typeof configAnswer>;
