import '../quiet-console.js';
import { parentPort, workerData } from 'node:worker_threads';
import { openMd5Lanes } from '../md5-lanes.js';
import type { SharedMemory } from '../web-assembly.js';
import { hashParts } from './hash-parts.js';
import { WORKSPACE_BEGIN } from './part-memory.js';
import {
  openPartReader,
  type PartReader,
  type PartsAnswer,
  type PartsOrder,
} from './read-parts.js';

/** What the thread works with. Undefined: there was no memory, so no file has slots. */
export interface PartsWork {
  readonly memory: SharedMemory | undefined;
  /** One number: 0 until the thread has started, and growing with all that it does. */
  readonly progress: Int32Array;
}

/** `file`: a number for each file under way. */
export type PartsRequest = { readonly file: number } & (
  | { readonly kind: 'open'; readonly order: PartsOrder }
  /** One more part, into a slot that is free again; null: one that is not handed over. */
  | { readonly kind: 'part'; readonly slot: number | null }
  /** The next part is waited for. Without that, parts wait for others to be hashed with. */
  | { readonly kind: 'now' }
  /** Nothing more is wanted of the file. */
  | { readonly kind: 'close' }
);

export interface PartsReport {
  readonly file: number;
  readonly answer: PartsAnswer;
}

/** Parts that are hashed together. */
const TOGETHER = 8;

interface Wanted {
  readonly file: number;
  readonly slot: number | null;
}

const port = parentPort;
if (port === null) throw new Error('parts-worker.js runs as a worker thread only');
const { memory, progress } = workerData as PartsWork;
const lanes = memory && openMd5Lanes(memory, WORKSPACE_BEGIN);

const readers = new Map<number, PartReader>();
/** Files whose next part is waited for. */
const urgent = new Set<number>();
let wanted: readonly Wanted[] = [];
let isScheduled = false;

/** After all requests that are there already: what they want is hashed along. */
function scheduleIfDue(): void {
  const isDue =
    wanted.length >= TOGETHER || wanted.some(({ file, slot }) => slot === null || urgent.has(file));
  if (!isDue || isScheduled) return;
  isScheduled = true;
  setImmediate(() => {
    isScheduled = false;
    answerSome();
    scheduleIfDue();
  });
}

/** Those in slots together; another one alone, so that none waits for it. */
function answerSome(): void {
  const firstAlone = wanted.findIndex(({ slot }) => slot === null);
  const count = firstAlone === 0 ? 1 : firstAlone < 0 ? TOGETHER : Math.min(firstAlone, TOGETHER);
  const some = wanted.slice(0, count);
  wanted = wanted.slice(count);
  const read = some.flatMap(({ file, slot }) => {
    const part = readers.get(file)?.read(slot);
    return part === undefined ? [] : [{ file, ...part }];
  });
  const hashables = read.flatMap(({ hashable }) => hashable ?? []);
  if (lanes !== undefined) hashParts(hashables, lanes);
  for (const { file, answer } of read) report(file, answer());
}

function noteProgress(): void {
  Atomics.add(progress, 0, 1);
}

function report(file: number, answer: PartsAnswer): void {
  noteProgress();
  if (!readers.has(file)) return; // asked for ahead, of a file that has ended
  urgent.delete(file);
  port?.postMessage({ file, answer } satisfies PartsReport);
  if (answer.kind !== 'part') close(file);
}

function close(file: number): void {
  readers.get(file)?.close();
  readers.delete(file);
  urgent.delete(file);
  wanted = wanted.filter((each) => each.file !== file);
}

noteProgress();
port.on('message', (request: PartsRequest) => {
  const { file } = request;
  if (request.kind === 'open')
    readers.set(file, openPartReader(request.order, memory, noteProgress));
  else if (request.kind === 'close') close(file);
  else if (readers.has(file)) {
    if (request.kind === 'now') urgent.add(file);
    else wanted = [...wanted, { file, slot: request.slot }];
  }
  scheduleIfDue();
});
