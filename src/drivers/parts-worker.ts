import '../quiet-console.js';
import { parentPort } from 'node:worker_threads';
import {
  openPartReader,
  type PartReader,
  type PartsAnswer,
  type PartsOrder,
} from './read-parts.js';

/** `file`: a number for each file under way. */
export type PartsRequest = { readonly file: number } & (
  | { readonly kind: 'open'; readonly order: PartsOrder }
  /** One more part. The buffer of one that is done with, to be filled again; null makes a new one. */
  | { readonly kind: 'part'; readonly buffer: ArrayBuffer | null }
  /** Nothing more is wanted of the file. */
  | { readonly kind: 'close' }
);

export interface PartsReport {
  readonly file: number;
  readonly answer: PartsAnswer;
}

const port = parentPort;
if (port === null) throw new Error('parts-worker.js runs as a worker thread only');

const readers = new Map<number, PartReader>();

function close(file: number): void {
  readers.get(file)?.close();
  readers.delete(file);
}

port.on('message', (request: PartsRequest) => {
  const { file } = request;
  if (request.kind === 'open') readers.set(file, openPartReader(request.order));
  else if (request.kind === 'close') close(file);
  else {
    const answer = readers.get(file)?.next(request.buffer);
    if (answer === undefined) return; // asked for ahead
    const buffer = answer.kind === 'part' ? answer.buffer : undefined;
    const report: PartsReport = { file, answer };
    port.postMessage(report, buffer === undefined ? [] : [buffer]);
    if (answer.kind !== 'part') close(file);
  }
});
