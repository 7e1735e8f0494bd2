import '../../quiet-console.js';
import { workerData } from 'node:worker_threads';
import { MD5_WORKSPACE, openMd5Lanes } from '../../md5-lanes.js';
import { answerQuestions } from '../../thread-pool.js';
import type { SharedMemory } from '../../web-assembly.js';
import { type HashedRange, hashRanges, type LoadedRange } from './hash-ranges.js';

/** What all threads work with. */
export interface RangeWork {
  readonly memory: SharedMemory;
  /** Where a number is that says how many workspaces were taken (see openMd5Lanes), and behind it, where these are. */
  readonly taken: number;
  readonly workspaces: number;
  readonly count: number;
}

const { memory, taken, workspaces, count } = workerData as RangeWork;
const own = Atomics.add(new Int32Array(memory.buffer, taken, 1), 0, 1) % count;
const md5 = openMd5Lanes(memory, workspaces + own * MD5_WORKSPACE);

answerQuestions<readonly LoadedRange[], readonly HashedRange[]>((ranges) => [
  hashRanges(ranges, memory, md5),
  [],
]);
