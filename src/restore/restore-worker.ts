import '../quiet-console.js';
import { workerData } from 'node:worker_threads';
import { answerQuestions } from '../thread-pool.js';
import type { WriteBatch } from './write-batch.js';
import { openSmallFiles, type SmallFilesPlace } from './write-small.js';

export type WriteQuestion =
  | { readonly kind: 'look'; readonly paths: string }
  | { readonly kind: 'write'; readonly batch: WriteBatch };

/** See SmallFiles. */
export type WriteAnswer = Uint8Array<ArrayBuffer>;

const files = openSmallFiles(workerData as SmallFilesPlace);

answerQuestions<WriteQuestion, WriteAnswer>((question) => {
  const states =
    question.kind === 'look' ? files.look(question.paths) : files.write(question.batch);
  return [states, [states.buffer]];
});
