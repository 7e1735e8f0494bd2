import type { Clock } from '../clock.js';
import type { JobKind, SyncEvent } from '../sync/events.js';

type HistoryEvent = Extract<SyncEvent, { event: 'done' | 'failed' | 'held' | 'skipped' }>;

/** One thing that happened to an object. */
export interface HistoryEntry {
  readonly atMs: number;
  readonly what: 'done' | 'failed' | 'held' | 'skipped';
  readonly job: JobKind;
  /** Of what is done: why; of the others: the error, or the reason. */
  readonly detail: string;
  readonly bytes: number;
  readonly seconds: number;
  /** Of a failure: the number of the attempt, from 1, and the milliseconds until the next; null: none by itself. */
  readonly attempt: number;
  readonly retryInMs: number | null;
}

/**
 * What happened to the last objects. Kept as columns, with hashes in place of the names, which suffice to find them again: ten
 * thousand objects a second leave no garbage here.
 */
export interface ObjectHistory {
  note(event: HistoryEvent): void;
  /** Of one object, oldest first. */
  of(mirror: string, name: string): readonly HistoryEntry[];
}

export const KEPT_OBJECTS = 10_000;

const WHATS = ['done', 'failed', 'held', 'skipped'] as const;
const JOBS: readonly JobKind[] = [
  'upload_object',
  'copy_object',
  'delete_object',
  'adopt',
  'refresh_metadata',
  'forget',
];

export function createObjectHistory(clock: Pick<Clock, 'now'>, size = KEPT_OBJECTS): ObjectHistory {
  const first = new Int32Array(size);
  const second = new Int32Array(size);
  const times = new Float64Array(size);
  const whats = new Uint8Array(size);
  const jobs = new Uint8Array(size);
  const amounts = new Float64Array(size);
  const seconds = new Float64Array(size);
  /** Constants of the program, or texts of errors, which live as long as these. */
  const details: string[] = Array(size).fill('');
  let written = 0;

  function entryAt(at: number): HistoryEntry {
    const what = WHATS[whats[at] ?? 0] ?? 'done';
    const amount = amounts[at] ?? 0;
    const took = seconds[at] ?? 0;
    const isFailure = what === 'failed';
    return {
      atMs: times[at] ?? 0,
      what,
      job: JOBS[jobs[at] ?? 0] ?? 'upload_object',
      detail: details[at] ?? '',
      bytes: isFailure ? 0 : amount,
      seconds: isFailure ? 0 : took,
      attempt: isFailure ? amount : 0,
      retryInMs: isFailure && took >= 0 ? took : null,
    };
  }

  return {
    note(event) {
      const at = written % size;
      written += 1;
      const name = event.event === 'skipped' ? event.path : event.name;
      first[at] = hash(name, hash(event.mirror, 0x811c9dc5));
      second[at] = hash(name, hash(event.mirror, 0x2545f491));
      times[at] = clock.now();
      whats[at] = WHATS.indexOf(event.event);
      jobs[at] = event.event === 'skipped' ? 0 : JOBS.indexOf(event.job);
      amounts[at] = amountOf(event);
      seconds[at] = secondsOf(event);
      details[at] = detailOf(event);
    },
    of(mirror, name) {
      const a = hash(name, hash(mirror, 0x811c9dc5));
      const b = hash(name, hash(mirror, 0x2545f491));
      const found: HistoryEntry[] = [];
      for (let each = Math.max(0, written - size); each < written; each += 1) {
        const at = each % size;
        if (first[at] === a && second[at] === b) found.push(entryAt(at));
      }
      return found;
    },
  };
}

function amountOf(event: HistoryEvent): number {
  if (event.event === 'done') return event.bytes;
  return event.event === 'failed' ? event.attempt : 0;
}

function secondsOf(event: HistoryEvent): number {
  if (event.event === 'done') return event.seconds;
  return event.event === 'failed' ? (event.retryInMs ?? -1) : 0;
}

function detailOf(event: HistoryEvent): string {
  switch (event.event) {
    case 'done':
      return event.why;
    case 'failed':
      return event.error;
    case 'skipped':
      return event.detail === '' ? event.reason : event.detail;
    case 'held':
      return '';
  }
}

/** FNV-1a over the UTF-16 code units, from a seed. */
function hash(text: string, seed: number): number {
  let value = seed;
  for (let at = 0; at < text.length; at += 1)
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value;
}
