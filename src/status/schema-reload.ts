import * as z from '../config/zod.js';
import { mirrorName } from './schema-status.js';

const reloadBody = z.object({
  apply: z
    .boolean()
    .optional()
    .describe(
      'Also what may delete or replace objects, or leave them without a mirror. Default: no.',
    ),
  digest: z
    .string()
    .optional()
    .describe(
      'Of the file that was shown: see GET /reload. Another file is refused. Required on the status page.',
    ),
  typed: z
    .string()
    .optional()
    .describe('What a person has typed: on the status page, `apply` takes the word `apply`.'),
});

const settings = z
  .array(z.string())
  .describe('Settings that differ, as the configuration has them.');

const affected = z
  .object({
    mirror: mirrorName,
    setting: z.string().describe('Because of this one; `mirrors`: the mirror is removed.'),
    becomes: z
      .enum(['deleted', 'left', 'replaced', 'held'])
      .describe(
        'deleted: unless the guard holds it. left: they stay, without a mirror. held: until a person accepts the source.',
      ),
    objects: z.number().nullable().describe('At the most; null: only a comparison finds out.'),
    names: z.array(z.string()).describe('Some of them.'),
    why: z.string(),
  })
  .describe('What becomes of objects that are in a container.');

/** What differs between two configurations. */
const changes = {
  mirrors: z.object({
    kept: z.array(mirrorName).describe('They go on as they are.'),
    added: z.array(mirrorName),
    removed: z.array(mirrorName),
    changed: z.array(
      z.object({
        mirror: mirrorName,
        settings,
        restarts: z.boolean().describe('Whether it begins again, with a scan.'),
      }),
    ),
  }),
  targets: z.array(
    z.object({ target: z.string(), settings: settings.describe('Empty: added, or removed.') }),
  ),
  daemon: settings,
  affected: z.array(affected),
};

const reloadAnswer = z
  .object({
    outcome: z
      .enum(['unchanged', 'done', 'announced'])
      .describe('announced: nothing was changed, as `affected` waits for `apply`.'),
    file: z.string(),
    seconds: z.number(),
    ...changes,
  })
  .describe('What differs, and what was done about it.');

const reloadPreview = z
  .object({
    outcome: z
      .enum(['unchanged', 'done', 'announced', 'refused'])
      .describe('Of a POST /reload without `apply`, now.'),
    file: z.string(),
    digest: z
      .string()
      .nullable()
      .describe('Stands for the text of the file; null: it cannot be loaded.'),
    refused: z.array(z.string()).describe('Why it would be refused; a line for each error.'),
    ...changes,
  })
  .describe('What a reload would do.');

export type ReloadAnswer = z.infer<typeof reloadAnswer>;
export type ReloadPreview = z.infer<typeof reloadPreview>;

/** See Operation. */
export const reloadOperation = {
  summary: 'Read the configuration file again, and carry out what differs',
  body: reloadBody,
  answer: reloadAnswer,
  refusals: {
    409: 'A change takes a restart, or cannot be carried out, or the file is not the one of `digest`. Nothing was changed.',
    422: 'The file is wrong; `errors` has a line for each error. Nothing was changed.',
  },
};

/** See Operation. */
export const previewOperation = {
  summary: 'What a reload would change, and what it would destroy; nothing is changed',
  answer: reloadPreview,
};
