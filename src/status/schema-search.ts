import * as z from '../config/zod.js';
import { mirrorName, objectName } from './schema-status.js';

export const searchAnswer = z
  .object({
    names: z.array(z.object({ mirror: mirrorName, name: objectName })),
    more: z.boolean().describe('Not all names were looked at.'),
    next: z
      .string()
      .nullable()
      .describe('Goes into `after` of the next request; null: all names were looked at.'),
  })
  .describe('Objects whose name has the text in it, by mirror and name.');

export type SearchAnswer = z.infer<typeof searchAnswer>;
