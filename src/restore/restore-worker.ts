import '../quiet-console.js';
import { parentPort, workerData } from 'node:worker_threads';
import type { WriteBatch } from './write-batch.js';
import { openSmallFiles, type SmallFilesPlace } from './write-small.js';

export type WriteRequest = { readonly id: number } & (
  | { readonly kind: 'look'; readonly paths: string }
  | { readonly kind: 'write'; readonly batch: WriteBatch }
);

/** `states`: see SmallFiles. */
export interface WriteAnswer {
  readonly id: number;
  readonly states: Uint8Array<ArrayBuffer>;
}

const port = parentPort;
if (port === null) throw new Error('restore-worker.js runs as a worker thread only');

const files = openSmallFiles(workerData as SmallFilesPlace);

port.on('message', (request: WriteRequest) => {
  const states = request.kind === 'look' ? files.look(request.paths) : files.write(request.batch);
  port.postMessage({ id: request.id, states } satisfies WriteAnswer, [states.buffer]);
});
