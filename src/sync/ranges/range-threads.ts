import type { Clock } from '../../clock.js';
import { openGate } from '../../drivers/gate.js';
import { MD5_WORKSPACE, type Md5Result } from '../../md5-lanes.js';
import { MOST_LANES } from '../../md5-words.js';
import { type ProgramFile, programFile } from '../../program-files.js';
import { createThreadPool, type ThreadPool } from '../../thread-pool.js';
import { createSharedMemory } from '../../web-assembly.js';
import type { HashedRange, LoadedRange } from './hash-ranges.js';
import { createRangeSlots } from './range-slots.js';
import type { RangeWork } from './range-worker.js';

const RANGE_BYTES = 4 * 1024 * 1024;
/** Ranges in memory at once: while some are hashed together, the next ones arrive. */
const SLOTS = 3 * MOST_LANES;
/** Objects that are loaded at once: enough to be hashed together, and few enough to be finished one after the other. */
const OBJECTS = MOST_LANES;
/** A range waits for so long for others to be hashed with. */
const TOGETHER_MS = 50;

/** While one waits for the disk, the other one hashes. */
const THREADS = 2;
/** Questions of a thread before there is another one. */
const BUSY = 1;
/** More than are ever started: two are there at once. */
const WORKSPACES = 32;

const PROGRAM = programFile(new URL('./range-worker.js', import.meta.url));

/** There is no memory for large objects, or no thread: they can be loaded as streams. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError';

  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}

/** Loads large objects: memory for their ranges, and two threads that hash these, and write them. They start when they are needed. */
export interface RangeThreads {
  /** That a range may have. A multiple of 4,096. */
  readonly rangeBytes: number;
  /**
   * Resolves when one more object may be loaded. `contents`: how many of its ranges may be hashed at the same time. Rejects with
   * ThreadError when there is no memory, and with the signal's reason.
   */
  open(contents: number, signal: AbortSignal): Promise<RangedLoad>;
  close(): Promise<void>;
}

/** An object that is being loaded. */
export interface RangedLoad {
  /** Memory for a range, once there is some; see RangeSlots. */
  take(signal: AbortSignal): Promise<RangeMemory>;
  /** To be called when no range of it is under way any more. */
  close(): void;
}

export interface RangeMemory {
  /** `rangeBytes` of them, to be filled from the beginning. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /**
   * Hashes the range that is in it, and writes it to its place. Returns a result for each piece. Rejects as the system does, and
   * with ThreadError.
   */
  hash(range: Omit<LoadedRange, 'begin'>): Promise<readonly Md5Result[]>;
  /** To be called once, when nothing is written to it and from it any more. */
  release(): void;
}

/** `program`: the code of the threads. */
export function createRangeThreads(
  clock: Pick<Clock, 'after' | 'monotonic' | 'sleep'>,
  program: ProgramFile = PROGRAM,
  rangeBytes = RANGE_BYTES,
): RangeThreads {
  const gate = openGate(clock, OBJECTS);
  const slots = createRangeSlots(SLOTS);
  let opened: ReturnType<typeof openMemory> | undefined;

  /** Both begin with the first object, as many containers have none that is large. */
  function openMemory() {
    const taken = SLOTS * rangeBytes;
    const workspaces = taken + 64;
    const memory = createSharedMemory(workspaces + WORKSPACES * MD5_WORKSPACE);
    const pool = createThreadPool<readonly LoadedRange[], readonly HashedRange[]>({
      name: 'longshore-ranges',
      program,
      threads: THREADS,
      busy: BUSY,
      workerData: { memory, taken, workspaces, count: WORKSPACES } satisfies RangeWork,
    });
    return { memory, pool, together: gatherRanges(clock, (ranges) => askOne(pool, ranges)) };
  }

  function memoryOrError() {
    try {
      opened ??= openMemory();
      return opened;
    } catch (error) {
      throw new ThreadError('there is no memory for large objects', error);
    }
  }

  return {
    rangeBytes,
    async open(contents, signal) {
      const { memory, together } = memoryOrError();
      const leave = await gate.enter(signal);
      const load = {};
      together.expect(contents);
      return {
        async take(within) {
          const slot = await slots.take(load, within);
          const begin = slot * rangeBytes;
          return {
            bytes: new Uint8Array(memory.buffer, begin, rangeBytes),
            hash: (range) => together.hash({ ...range, begin }),
            release: () => slots.release(load, slot),
          };
        },
        close() {
          together.expect(-contents);
          leave();
        },
      };
    },
    async close() {
      await opened?.pool.close();
    },
  };
}

async function askOne(
  pool: ThreadPool<readonly LoadedRange[], readonly HashedRange[]>,
  ranges: readonly LoadedRange[],
): Promise<readonly HashedRange[]> {
  try {
    const thread = pool.enter();
    try {
      return await thread.ask(ranges, []);
    } finally {
      thread.leave();
    }
  } catch (error) {
    throw new ThreadError('no thread hashes the content', error);
  }
}

interface Waiting {
  readonly range: LoadedRange;
  resolve(digests: readonly Md5Result[]): void;
  reject(error: unknown): void;
}

/** Sends ranges to a thread together, as hashing eight takes little more time than hashing two. */
function gatherRanges(
  clock: Pick<Clock, 'after'>,
  send: (ranges: readonly LoadedRange[]) => Promise<readonly HashedRange[]>,
) {
  let waiting: Waiting[] = [];
  /** Ranges that may wait at the same time. */
  let expected = 0;
  let forget = (): void => {};

  async function sendNow(): Promise<void> {
    forget();
    const sent = waiting;
    waiting = [];
    try {
      const answers = await send(sent.map(({ range }) => range));
      for (const [row, { resolve, reject }] of sent.entries()) {
        const answer = answers[row];
        if (answer !== undefined && 'digests' in answer) resolve(answer.digests);
        else reject(Object.assign(new Error(answer?.message), answer));
      }
    } catch (error) {
      for (const { reject } of sent) reject(error);
    }
  }

  function sendIfAll(): void {
    if (waiting.length > 0 && waiting.length >= Math.min(MOST_LANES, expected)) void sendNow();
  }

  return {
    expect(ranges: number): void {
      expected += ranges;
      sendIfAll();
    },
    hash: (range: LoadedRange): Promise<readonly Md5Result[]> =>
      new Promise((resolve, reject) => {
        waiting.push({ range, resolve, reject });
        if (waiting.length === 1) forget = clock.after(TOGETHER_MS, () => void sendNow());
        sendIfAll();
      }),
  };
}
