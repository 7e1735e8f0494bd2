import * as z from '../config/zod.js';
import { type JobKind, type PackedJob, REFUSALS } from './dispatcher.js';

// What is in Redis, as JSON: a job, and what a worker answers. Anything can be in Redis, so both are checked when they are read.

/** Folders below the root of a source that a worker must find there, too. */
export const MOST_LANDMARKS = 16;

/** More than an order or an answer of the largest batch has, in base64. */
const LONGEST_PAYLOAD = 2 * 2 ** 20;
const LONGEST_TEXT = 4_096;

const text = z.string().max(LONGEST_TEXT);
const inode = z.string().regex(/^\d{1,20}$/);

const sourceProof = z.object({
  root: inode,
  /** Paths below the root, with their inodes. */
  landmarks: z.array(z.tuple([text, inode])).max(MOST_LANDMARKS),
});

/** How a worker knows the coordinator's source again: by inodes, which all machines see alike on a shared file system. */
export type SourceProof = z.output<typeof sourceProof>;

const facts = {
  /** Digests of the mirror's settings, by group: see settings-digest.ts. */
  settings: z.record(text, text),
  /** Of the lease that the coordinator holds. */
  epoch: z.object({ session: text, fence: z.int().min(0) }),
  source: sourceProof,
};

/** What each job of a mirror says besides its order. */
export interface JobFacts {
  readonly settings: Readonly<Record<string, string>>;
  readonly epoch: { readonly session: string; readonly fence: number };
  readonly source: SourceProof;
}

const factsForm = z.object(facts);

const jobForm = z.object({
  mirror: text,
  payload: z.string().max(LONGEST_PAYLOAD),
  ...facts,
});

export type QueuedJob = JobFacts & Pick<PackedJob, 'mirror' | 'payload'>;

const answerForm = z.union([
  z.object({ worker: text, payload: z.string().max(LONGEST_PAYLOAD) }),
  z.object({
    worker: text,
    refusal: z.enum(REFUSALS),
    detail: text,
    nothingBegun: z.boolean(),
  }),
]);

export type QueuedAnswer = z.output<typeof answerForm>;

/** Undefined: it is not what a daemon says of a mirror. */
export function readFacts(data: unknown): JobFacts | undefined {
  return factsForm.safeParse(data, { jitless: true }).data;
}

/** Undefined: it is no job of longshore. */
export function readJob(data: unknown): QueuedJob | undefined {
  return jobForm.safeParse(data, { jitless: true }).data;
}

/** Undefined: it is no answer of a worker of longshore. */
export function readAnswer(data: unknown): QueuedAnswer | undefined {
  return answerForm.safeParse(data, { jitless: true }).data;
}

const KINDS: ReadonlySet<string> = new Set<JobKind>(['send', 'parts', 'verify']);

export function isKind(name: string): name is JobKind {
  return KINDS.has(name);
}

/** A detail of a refusal, short enough for its answer to be read. */
export function asDetail(message: string): string {
  return message.slice(0, LONGEST_TEXT);
}
