import * as z from '../config/zod.js';
import { trashAnswer } from './schema-mirror.js';
import { searchAnswer } from './schema-search.js';
import { mirrorName, objectName, timeMs } from './schema-status.js';
import {
  verifyAnswer,
  verifyBegunAnswer,
  verifyBody,
  verifyStoppedAnswer,
} from './schema-verify.js';

/** One route of the control API, as its OpenAPI file describes it. */
export interface Operation {
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** Of status 200. */
  readonly answer: z.ZodType;
  /** Default: JSON. */
  readonly contentType?: string;
  /** Answers besides 200, and why. */
  readonly refusals?: Readonly<Record<number, string>>;
}

export const NO_MIRROR = { 404: 'There is no such mirror.' };
export const mirrorQuery = z.object({ mirror: mirrorName });
export const page = {
  after: z.string().optional().describe('Only what comes after this one.'),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
};

/** Those about the objects of a mirror: found, read back, and in the trash. */
export const OBJECT_OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET /verify': {
    summary: 'How much of a mirror was read back',
    query: mirrorQuery,
    answer: verifyAnswer,
    refusals: NO_MIRROR,
  },
  'POST /mirrors/:mirror/verify': {
    summary: 'Read a share of the objects back now, the oldest proofs first',
    body: verifyBody,
    answer: verifyBegunAnswer,
    refusals: { ...NO_MIRROR, 409: 'One is under way, or the mirror waits.' },
  },
  'POST /mirrors/:mirror/verify/stop': {
    summary: 'End the reading that was asked for',
    answer: verifyStoppedAnswer,
    refusals: NO_MIRROR,
  },
  'GET /trash': {
    summary: 'What the trash of a mirror has',
    query: mirrorQuery,
    answer: trashAnswer,
    refusals: NO_MIRROR,
  },
  'GET /trash/object': {
    summary: 'Download one object of a trash',
    query: mirrorQuery.extend({
      name: objectName,
      at: timeMs.describe('When it was removed, as GET /trash says.'),
    }),
    answer: z.string().describe('The content, as an attachment. It needs the right to decide.'),
    contentType: 'application/octet-stream',
    refusals: { 404: 'There is no such mirror, or its trash has no such object.' },
  },
  'GET /search': {
    summary: 'Objects by a part of their name',
    query: z.object({
      q: z.string().min(1).describe('A part of the name, in any case.'),
      mirror: mirrorName.optional().describe('Only of this mirror.'),
      after: z.string().optional().describe('`next` of the answer before.'),
      limit: page.limit,
    }),
    answer: searchAnswer,
    refusals: NO_MIRROR,
  },
};
