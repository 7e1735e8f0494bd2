import '../../quiet-console.js';
import { workerData } from 'node:worker_threads';
import { MD5_WORKSPACE, type Md5Result, openMd5Lanes } from '../../md5-lanes.js';
import { answerQuestions } from '../../thread-pool.js';
import type { SharedMemory } from '../../web-assembly.js';
import { hashRanges, type LoadedRange } from './hash-ranges.js';
import { type RangePlace, writeRange } from './write-range.js';

/** What all threads work with. */
export interface RangeWork {
  readonly memory: SharedMemory;
  /** Where a number is that says how many workspaces were taken (see openMd5Lanes), and behind it, where these are. */
  readonly taken: number;
  readonly workspaces: number;
  readonly count: number;
}

export type RangeQuestion =
  | { readonly hash: readonly LoadedRange[] }
  /** `begin`: its address in the memory. */
  | { readonly write: RangePlace; readonly begin: number; readonly length: number };

export interface RangeAnswer {
  /** For each range that was to be hashed: see hashRanges. */
  readonly digests: readonly (readonly Md5Result[])[];
  /** Why the range could not be written. */
  readonly failure?: {
    readonly code: string;
    readonly syscall: string | undefined;
    readonly message: string;
  };
}

const { memory, taken, workspaces, count } = workerData as RangeWork;
const own = Atomics.add(new Int32Array(memory.buffer, taken, 1), 0, 1) % count;
const md5 = openMd5Lanes(memory, workspaces + own * MD5_WORKSPACE);

function answer(question: RangeQuestion): RangeAnswer {
  if ('hash' in question) return { digests: hashRanges(question.hash, md5) };
  const { write, begin, length } = question;
  try {
    writeRange(write, new Uint8Array(memory.buffer, begin, length));
    return { digests: [] };
  } catch (error) {
    const { code = 'EUNKNOWN', syscall, message } = error as NodeJS.ErrnoException;
    return { digests: [], failure: { code, syscall, message } };
  }
}

answerQuestions<RangeQuestion, RangeAnswer>((question) => [answer(question), []]);
